/* One core: the task of the lowest number runs alone, and OS_OPT_POST_NO_SCHED puts a switch off. */
#include "expect.h"

static struct helper high, higher, equal;
static OS_SEM sem, sem2;
static OS_Q q;

static void takes(void *arg)
{
    OS_ERR err;

    for (;;) {
        OSSemPend(arg == NULL ? &sem : &sem2, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
        printf("%s\n", arg == NULL ? "high" : "higher");
    }
}

static void gets(void *arg)
{
    OS_ERR err;
    OS_MSG_SIZE size;

    (void)arg;
    printf("equal got %s\n", (char *)OSQPend(&q, 0u, OS_OPT_PEND_BLOCKING, &size, NULL, &err));
}

static void checks(void *arg)
{
    OS_ERR err;

    (void)arg;
    OSSemCreate(&sem, NULL, 1u, &err);
    OSSemCreate(&sem2, NULL, 1u, &err);
    OSQCreate(&q, NULL, 1u, &err);
    /* Each comes to its first wait before its creation returns. */
    helper_start(&high, takes, NULL, 8u);
    printf("created\n");
    helper_start(&higher, takes, &sem2, 7u);
    printf("created\n");
    OSSemPost(&sem, OS_OPT_POST_1, &err);
    printf("posted\n");

    OSSemPost(&sem, OS_OPT_POST_1 | OS_OPT_POST_NO_SCHED, &err);
    OSSemPost(&sem2, OS_OPT_POST_1 | OS_OPT_POST_NO_SCHED, &err);
    EXPECT(OSSchedLockNestingCtr == 0u);
    printf("not yet\n");
    OSSched();
    printf("scheduled\n");
    OSSemPost(&sem, OS_OPT_POST_1 | OS_OPT_POST_NO_SCHED, &err);
    printf("not yet\n");
    OSTimeDly(1u, OS_OPT_TIME_DLY, &err);
    EXPECT(err == OS_ERR_NONE);

    OSSchedLock(&err);
    OSSemPost(&sem, OS_OPT_POST_1, &err);
    printf("locked\n");
    OSSchedUnlock(&err);
    printf("unlocked\n");

    CPU_SR_ALLOC();
    CPU_CRITICAL_ENTER();
    OSSemPost(&sem, OS_OPT_POST_1, &err);
    printf("critical\n");
    CPU_CRITICAL_EXIT();

    OSIntEnter();
    OSSemPost(&sem, OS_OPT_POST_1, &err);
    printf("interrupt\n");
    OSIntExit();

    /* An equal runs when this one waits. */
    helper_start(&equal, gets, NULL, 10u);
    OSQPost(&q, "it", 2u, OS_OPT_POST_FIFO, &err);
    OSTimeDly(1u, OS_OPT_TIME_DLY, &err);
    /* A task that becomes higher runs at once. */
    OSTaskSuspend(&high.tcb, &err);
    OSSemPost(&sem, OS_OPT_POST_1, &err);
    OSTaskChangePrio(&high.tcb, 11u, &err);
    OSTaskResume(&high.tcb, &err);
    printf("resumed\n");
    OSTaskChangePrio(&high.tcb, 9u, &err);
    printf("changed\n");
    finish();
}

int main(void)
{
    OS_ERR err;

    OSInit(&err);
    return run(checks);
}
