#define _GNU_SOURCE
#include "task_local.h"

#include <pthread.h>
#include <stdatomic.h>

static __thread void *current_task;
static __thread int in_interrupt;

static pthread_key_t exit_key;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;
static _Atomic(void (*)(void *)) exit_function;

static void thread_ended(void *task)
{
    void (*function)(void *) = atomic_load(&exit_function);
    if (function != NULL)
        function(task);
    current_task = NULL;
}

static void make_exit_key(void)
{
    pthread_key_create(&exit_key, thread_ended);
}

void *hil_task_local_get(void)
{
    return current_task;
}

void hil_task_local_set(void *task)
{
    pthread_once(&exit_key_once, make_exit_key);
    current_task = task;
    pthread_setspecific(exit_key, task);
}

void hil_task_local_on_exit(void (*function)(void *task))
{
    atomic_store(&exit_function, function);
}

int hil_in_interrupt_get(void)
{
    return in_interrupt;
}

void hil_in_interrupt_set(int value)
{
    in_interrupt = value;
}

void hil_thread_set_name(const char *name)
{
    pthread_setname_np(pthread_self(), name);
}

void hil_thread_get_name(char *name, size_t size)
{
    if (pthread_getname_np(pthread_self(), name, size) != 0 && size > 0)
        name[0] = '\0';
}
