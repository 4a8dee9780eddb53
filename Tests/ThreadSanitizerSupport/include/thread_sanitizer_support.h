// Nothing to call: linking this target is enough. See mutex_slow_path.c.
#ifndef HILBRIDGE_THREAD_SANITIZER_SUPPORT_H
#define HILBRIDGE_THREAD_SANITIZER_SUPPORT_H
#endif
