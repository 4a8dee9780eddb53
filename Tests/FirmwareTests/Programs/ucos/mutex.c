/* Mutexes, their nesting and what their owner inherits. */
#include "expect.h"

static OS_MUTEX mutex, other;

struct outcome {
    struct helper helper;
    OS_TICK timeout;
    OS_ERR err;
};
static struct outcome first, second;

static void pend(void *arg)
{
    struct outcome *outcome = arg;
    OS_ERR err;

    OSMutexPend(&mutex, outcome->timeout, OS_OPT_PEND_BLOCKING, NULL, &outcome->err);
    if (outcome->err == OS_ERR_NONE) {
        EXPECT(mutex.OwnerTCBPtr == &outcome->helper.tcb && mutex.OwnerNestingCtr == 1u);
        OSMutexPost(&mutex, OS_OPT_POST_NONE, &err);
        EXPECT(err == OS_ERR_NONE);
    }
}

static void begin_pend(struct outcome *outcome, OS_PRIO prio, OS_TICK timeout)
{
    outcome->timeout = timeout;
    helper_start(&outcome->helper, pend, outcome, prio);
    until_state(&outcome->helper, timeout > 0u ? OS_TASK_STATE_PEND_TIMEOUT : OS_TASK_STATE_PEND);
    EXPECT(outcome->helper.tcb.PendOn == OS_TASK_PEND_ON_MUTEX);
}

static void ended(struct outcome *outcome, OS_ERR err)
{
    until_state(&outcome->helper, OS_TASK_STATE_DEL);
    EXPECT(outcome->err == err);
}

static void keep(void *arg)
{
    OS_ERR err;

    (void)arg;
    OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
    OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
    EXPECT(err == OS_ERR_MUTEX_OWNER);
    OSTaskSuspend(NULL, &err);
}

static void checks(void *arg)
{
    CPU_TS ts;

    (void)arg;
    OSIntEnter();
    ANSWERS(OS_ERR_CREATE_ISR, OSMutexCreate(NULL, NULL, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSMutexCreate(NULL, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSMutexCreate(&mutex, (CPU_CHAR *)"mutex", &err));
    ANSWERS(OS_ERR_OBJ_CREATED, OSMutexCreate(&mutex, NULL, &err));
    EXPECT(mutex.Type == OS_OBJ_TYPE_MUTEX && mutex.OwnerTCBPtr == NULL && mutex.OwnerNestingCtr == 0u);

    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ISR, OSMutexPend(&mutex, 0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_POST_ISR, OSMutexPost(&mutex, OS_OPT_POST_NONE, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSMutexPend(NULL, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSMutexPend(&mutex, 0u, 1u, NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSMutexPend(&other, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSMutexPost(NULL, OS_OPT_POST_NONE, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSMutexPost(&mutex, 1u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSMutexPost(&other, OS_OPT_POST_NONE, &err));
    ANSWERS(OS_ERR_MUTEX_NOT_OWNER, OSMutexPost(&mutex, OS_OPT_POST_NONE, &err));

    ANSWERS(OS_ERR_NONE, OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, &ts, &err));
    EXPECT(mutex.OwnerTCBPtr == &main_tcb && mutex.OwnerNestingCtr == 1u);
    for (unsigned depth = 2; depth <= 255; depth++)
        ANSWERS(OS_ERR_MUTEX_OWNER, OSMutexPend(&mutex, 0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    EXPECT(mutex.OwnerNestingCtr == 255u);
    ANSWERS(OS_ERR_MUTEX_OVF, OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    for (unsigned depth = 255; depth >= 2; depth--)
        ANSWERS(OS_ERR_MUTEX_NESTING, OSMutexPost(&mutex, OS_OPT_POST_NO_SCHED, &err));

    /* A waiter of higher priority raises the owner; when it has given up the owner is what it was. */
    begin_pend(&first, 5u, 1000u);
    EXPECT(main_tcb.Prio == 5u && main_tcb.BasePrio == 10u && mutex.PendList.NbrEntries == 1u);
    begin_pend(&second, 7u, 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSMutexPendAbort(&mutex, OS_OPT_PEND_ABORT_1, &err) == 1u));
    ended(&first, OS_ERR_PEND_ABORT);
    EXPECT(main_tcb.Prio == 7u);
    begin_pend(&first, 5u, 200u);
    ended(&first, OS_ERR_TIMEOUT);
    begin_pend(&first, 8u, 0u);
    ANSWERS(OS_ERR_NONE, OSMutexPost(&mutex, OS_OPT_POST_NONE, &err));
    EXPECT(main_tcb.Prio == 10u);
    ended(&second, OS_ERR_NONE);
    ended(&first, OS_ERR_NONE);
    EXPECT(mutex.OwnerTCBPtr == NULL && mutex.OwnerNestingCtr == 0u);

    /* Held by another, who then is deleted. */
    helper_start(&second.helper, keep, NULL, 9u);
    until_state(&second.helper, OS_TASK_STATE_SUSPENDED);
    EXPECT(mutex.OwnerTCBPtr == &second.helper.tcb && mutex.OwnerNestingCtr == 2u);
    ANSWERS(OS_ERR_MUTEX_NOT_OWNER, OSMutexPost(&mutex, OS_OPT_POST_NONE, &err));
    ANSWERS(OS_ERR_PEND_WOULD_BLOCK, OSMutexPend(&mutex, 0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_TIMEOUT, OSMutexPend(&mutex, 2u, OS_OPT_PEND_BLOCKING, &ts, &err));
    EXPECT(ts == 0u);
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSMutexPend(&mutex, 2u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));
    ANSWERS(OS_ERR_NONE, OSTaskDel(&second.helper.tcb, &err));
    ANSWERS(OS_ERR_NONE, OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, &ts, &err));
    EXPECT(mutex.OwnerTCBPtr == &main_tcb && mutex.OwnerNestingCtr == 1u);

    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ABORT_ISR, OSMutexPendAbort(&mutex, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_DEL_ISR, OSMutexDel(&mutex, OS_OPT_DEL_ALWAYS, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSMutexPendAbort(NULL, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSMutexPendAbort(&mutex, 1u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSMutexPendAbort(&other, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_PEND_ABORT_NONE, OSMutexPendAbort(&mutex, OS_OPT_PEND_ABORT_ALL, &err));
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSMutexDel(NULL, OS_OPT_DEL_ALWAYS, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSMutexDel(&mutex, 2u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSMutexDel(&other, OS_OPT_DEL_ALWAYS, &err));
    begin_pend(&first, 5u, 0u);
    begin_pend(&second, 6u, 0u);
    ANSWERS(OS_ERR_TASK_WAITING, OSMutexDel(&mutex, OS_OPT_DEL_NO_PEND, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSMutexDel(&mutex, OS_OPT_DEL_ALWAYS, &err) == 2u));
    ended(&first, OS_ERR_OBJ_DEL);
    ended(&second, OS_ERR_OBJ_DEL);
    EXPECT(main_tcb.Prio == 10u);
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSMutexPend(&mutex, 0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSMutexPost(&mutex, OS_OPT_POST_NONE, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSMutexPendAbort(&mutex, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSMutexDel(&mutex, OS_OPT_DEL_ALWAYS, &err));
    return run(checks);
}
