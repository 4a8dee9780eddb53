// The header is for C++ firmware as well.
#include <cstdio>
#include <cstdlib>

#include "os.h"

static OS_TCB tcb;
static CPU_STK stack[128];
static OS_SEM sem;

static void task(void *)
{
    OS_ERR err;

    OSSemPost(&sem, OS_OPT_POST_1, &err);
    if (OSSemPend(&sem, 0u, OS_OPT_PEND_BLOCKING, nullptr, &err) == 0u && err == OS_ERR_NONE)
        std::printf("all is well\n");
    std::fflush(stdout);
    _Exit(0);
}

int main()
{
    OS_ERR err;

    OSInit(&err);
    OSSemCreate(&sem, nullptr, 0u, &err);
    OSTaskCreate(&tcb, nullptr, task, nullptr, 5u, stack, 0u, 128u, 0u, 0u, nullptr, OS_OPT_TASK_NONE, &err);
    OSStart(&err);
}
