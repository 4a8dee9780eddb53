#define _GNU_SOURCE
#include "task_local.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

__thread void *hil_current_task;
__thread int hil_in_interrupt;

static pthread_key_t exit_key;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;
static _Atomic(void (*)(void *)) exit_function;

static void thread_ended(void *task)
{
    void (*function)(void *) = atomic_load(&exit_function);
    if (function != NULL)
        function(task);
    hil_current_task = NULL;
}

static void make_exit_key(void)
{
    pthread_key_create(&exit_key, thread_ended);
}

void hil_task_local_set(void *task)
{
    pthread_once(&exit_key_once, make_exit_key);
    hil_current_task = task;
    pthread_setspecific(exit_key, task);
}

void hil_task_local_on_exit(void (*function)(void *task))
{
    atomic_store(&exit_function, function);
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

int hil_thread_get_processor(void)
{
    return sched_getcpu();
}

int hil_thread_stay_on_processor(int processor)
{
    if (processor < 0 || processor >= CPU_SETSIZE)
        return 0;
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(processor, &processors);
    return pthread_setaffinity_np(pthread_self(), sizeof processors, &processors);
}
