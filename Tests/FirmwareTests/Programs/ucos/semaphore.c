/* Semaphores. */
#include "expect.h"

static OS_SEM sem, other;

struct outcome {
    struct helper helper;
    OS_SEM_CTR count;
    CPU_TS ts;
    OS_ERR err;
};
static struct outcome first, second;

static void pend(void *arg)
{
    struct outcome *outcome = arg;

    outcome->count = OSSemPend(&sem, 0u, OS_OPT_PEND_BLOCKING, &outcome->ts, &outcome->err);
}

static void begin_pend(struct outcome *outcome, OS_PRIO prio)
{
    helper_start(&outcome->helper, pend, outcome, prio);
    until_state(&outcome->helper, OS_TASK_STATE_PEND);
    EXPECT(outcome->helper.tcb.PendOn == OS_TASK_PEND_ON_SEM && outcome->helper.tcb.PendObjPtr == &sem);
}

static void ended(struct outcome *outcome, OS_ERR err)
{
    until_state(&outcome->helper, OS_TASK_STATE_DEL);
    EXPECT(outcome->err == err && outcome->count == 0u && outcome->ts != 0u);
}

static void checks(void *arg)
{
    CPU_TS ts;

    (void)arg;
    OSIntEnter();
    ANSWERS(OS_ERR_CREATE_ISR, OSSemCreate(NULL, NULL, 0u, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSSemCreate(NULL, NULL, 0u, &err));
    ANSWERS(OS_ERR_NONE, OSSemCreate(&sem, (CPU_CHAR *)"sem", 1u, &err));
    ANSWERS(OS_ERR_OBJ_CREATED, OSSemCreate(&sem, NULL, 0u, &err));
    EXPECT(sem.Type == OS_OBJ_TYPE_SEM && sem.Ctr == 1u && strcmp(sem.NamePtr, "sem") == 0);

    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSSemPend(NULL, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSSemPend(&sem, 0u, 1u, NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSSemPend(&other, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPend(&sem, 0u, OS_OPT_PEND_BLOCKING, NULL, &err) == 0u));
    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ISR, OSSemPend(&sem, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPost(&sem, OS_OPT_POST_1, &err) == 1u));
    OSIntExit();
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPost(&sem, OS_OPT_POST_ALL | OS_OPT_POST_NO_SCHED, &err) == 2u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPend(&sem, 5u, OS_OPT_PEND_NON_BLOCKING, &ts, &err) == 1u));
    EXPECT(sem.Ctr == 1u && ts != 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPend(&sem, 5u, OS_OPT_PEND_BLOCKING, &ts, &err) == 0u));
    ANSWERS(OS_ERR_PEND_WOULD_BLOCK, OSSemPend(&sem, 0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_TIMEOUT, OSSemPend(&sem, 2u, OS_OPT_PEND_BLOCKING, &ts, &err));
    EXPECT(ts == 0u);
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSSemPend(&sem, 2u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));

    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSSemPost(NULL, OS_OPT_POST_1, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSSemPost(&sem, 1u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSSemPost(&other, OS_OPT_POST_1, &err));

    OSIntEnter();
    ANSWERS(OS_ERR_SET_ISR, OSSemSet(&sem, 0u, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSSemSet(NULL, 0u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSSemSet(&other, 0u, &err));
    ANSWERS(OS_ERR_NONE, OSSemSet(&sem, 0xFFFFFFFFu, &err));
    ANSWERS(OS_ERR_SEM_OVF, EXPECT(OSSemPost(&sem, OS_OPT_POST_1, &err) == 0u));
    EXPECT(sem.Ctr == 0xFFFFFFFFu);
    ANSWERS(OS_ERR_NONE, OSSemSet(&sem, 0u, &err));

    /* The token goes to the waiter of highest priority, and the count stays. */
    begin_pend(&first, 8u);
    begin_pend(&second, 7u);
    EXPECT(sem.PendList.NbrEntries == 2u);
    EXPECT(sem.PendList.HeadPtr == &second.helper.tcb && sem.PendList.TailPtr == &first.helper.tcb);
    ANSWERS(OS_ERR_TASK_WAITING, OSSemSet(&sem, 1u, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPost(&sem, OS_OPT_POST_1, &err) == 0u));
    ended(&second, OS_ERR_NONE);
    EXPECT(first.helper.tcb.TaskState == OS_TASK_STATE_PEND && sem.PendList.HeadPtr == &first.helper.tcb);
    begin_pend(&second, 7u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPost(&sem, OS_OPT_POST_ALL, &err) == 0u));
    ended(&first, OS_ERR_NONE);
    ended(&second, OS_ERR_NONE);
    EXPECT(sem.PendList.NbrEntries == 0u && sem.PendList.HeadPtr == NULL);

    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ABORT_ISR, OSSemPendAbort(&sem, OS_OPT_PEND_ABORT_1, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSSemPendAbort(NULL, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSSemPendAbort(&sem, 2u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSSemPendAbort(&other, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_PEND_ABORT_NONE, OSSemPendAbort(&sem, OS_OPT_PEND_ABORT_1, &err));
    begin_pend(&first, 8u);
    begin_pend(&second, 8u);
    /* Equals: who came first. */
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPendAbort(&sem, OS_OPT_PEND_ABORT_1, &err) == 1u));
    ended(&first, OS_ERR_PEND_ABORT);
    begin_pend(&first, 8u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemPendAbort(&sem, OS_OPT_PEND_ABORT_ALL, &err) == 2u));
    ended(&first, OS_ERR_PEND_ABORT);
    ended(&second, OS_ERR_PEND_ABORT);

    OSIntEnter();
    ANSWERS(OS_ERR_DEL_ISR, OSSemDel(&sem, OS_OPT_DEL_ALWAYS, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSSemDel(NULL, OS_OPT_DEL_ALWAYS, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSSemDel(&sem, 2u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSSemDel(&other, OS_OPT_DEL_ALWAYS, &err));
    begin_pend(&first, 8u);
    ANSWERS(OS_ERR_TASK_WAITING, OSSemDel(&sem, OS_OPT_DEL_NO_PEND, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSSemDel(&sem, OS_OPT_DEL_ALWAYS, &err) == 1u));
    ended(&first, OS_ERR_OBJ_DEL);
    ANSWERS(OS_ERR_OBJ_TYPE, OSSemPost(&sem, OS_OPT_POST_1, &err));
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSSemPend(&sem, 0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSSemPost(&sem, OS_OPT_POST_1, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSSemPendAbort(&sem, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSSemDel(&sem, OS_OPT_DEL_ALWAYS, &err));
    return run(checks);
}
