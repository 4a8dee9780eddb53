#ifndef HILBRIDGE_TASK_LOCAL_H
#define HILBRIDGE_TASK_LOCAL_H

#include <stddef.h>

// Swift has no thread-local storage of its own. The initial-exec model makes a read two instructions, in the shared
// library too.
extern __thread void *_Nullable hil_current_task __attribute__((tls_model("initial-exec")));
extern __thread int hil_in_interrupt __attribute__((tls_model("initial-exec")));

// The control block of the task that the calling thread runs, or NULL on a thread that has not been met yet.
static inline void *_Nullable hil_task_local_get(void)
{
    return hil_current_task;
}

// Sets it, and has `hil_task_local_on_exit`'s function called with it when the thread ends.
void hil_task_local_set(void *_Nullable task);

// The function that is called, on the ending thread, for a thread that still has a task. Set once, at start.
void hil_task_local_on_exit(void (*_Nonnull function)(void *_Nonnull task));

// True while the calling thread plays an interrupt service routine.
static inline int hil_in_interrupt_get(void)
{
    return hil_in_interrupt;
}

static inline void hil_in_interrupt_set(int value)
{
    hil_in_interrupt = value;
}

// The calling thread's name; at most 15 bytes and a zero are kept. glibc declares these for GNU sources only.
void hil_thread_set_name(const char *_Nonnull name);
void hil_thread_get_name(char *_Nonnull name, size_t size);

// The processor that the calling thread is on, or -1.
int hil_thread_get_processor(void);

// Keeps the calling thread on one processor: 0, or a positive errno.
int hil_thread_stay_on_processor(int processor);

#endif
