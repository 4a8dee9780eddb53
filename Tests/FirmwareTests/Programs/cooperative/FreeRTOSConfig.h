/* A task runs until it blocks or yields. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configUSE_PREEMPTION 0
#define configUSE_TICK_HOOK 1

#endif
