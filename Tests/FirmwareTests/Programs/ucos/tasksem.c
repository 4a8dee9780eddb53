/* The semaphores that tasks have of their own. */
#include "expect.h"

static struct helper helper;
static OS_TCB unused;
static OS_SEM_CTR count;
static CPU_TS ts;
static OS_ERR ending;

static void pend(void *arg)
{
    (void)arg;
    count = OSTaskSemPend(0u, OS_OPT_PEND_BLOCKING, &ts, &ending);
}

static void begin_pend(void)
{
    helper_start(&helper, pend, NULL, 8u);
    until_state(&helper, OS_TASK_STATE_PEND);
    EXPECT(helper.tcb.PendOn == OS_TASK_PEND_ON_TASK_SEM);
}

static void checks(void *arg)
{
    (void)arg;
    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ISR, OSTaskSemPend(0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_SET_ISR, OSTaskSemSet(NULL, 0u, &err));
    ANSWERS(OS_ERR_PEND_ABORT_ISR, OSTaskSemPendAbort(&helper.tcb, OS_OPT_NONE, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemPost(&main_tcb, OS_OPT_POST_NONE, &err) == 1u));
    OSIntExit();
    ANSWERS(OS_ERR_OPT_INVALID, OSTaskSemPend(0u, 1u, NULL, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemPost(NULL, OS_OPT_POST_NO_SCHED, &err) == 2u));
    EXPECT(main_tcb.SemCtr == 2u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemPend(0u, OS_OPT_PEND_BLOCKING, &ts, &err) == 1u));
    EXPECT(ts != 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemSet(NULL, 5u, &err) == 1u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemSet(&main_tcb, 0u, &err) == 5u));
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskSemSet(&unused, 0u, &err));
    ANSWERS(OS_ERR_PEND_WOULD_BLOCK, OSTaskSemPend(0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_TIMEOUT, OSTaskSemPend(2u, OS_OPT_PEND_BLOCKING, &ts, &err));
    EXPECT(ts == 0u);
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSTaskSemPend(2u, OS_OPT_PEND_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));
    ANSWERS(OS_ERR_NONE, OSTaskSemSet(NULL, 0xFFFFFFFFu, &err));
    ANSWERS(OS_ERR_SEM_OVF, OSTaskSemPost(NULL, OS_OPT_POST_NONE, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSTaskSemPost(NULL, OS_OPT_POST_ALL, &err));
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskSemPost(&unused, OS_OPT_POST_NONE, &err));

    begin_pend();
    ANSWERS(OS_ERR_TASK_WAITING, OSTaskSemSet(&helper.tcb, 1u, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemPost(&helper.tcb, OS_OPT_POST_NONE, &err) == 0u));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(ending == OS_ERR_NONE && count == 0u && ts != 0u);

    ANSWERS(OS_ERR_OPT_INVALID, OSTaskSemPendAbort(&helper.tcb, OS_OPT_PEND_ABORT_ALL, &err));
    ANSWERS(OS_ERR_PEND_ABORT_SELF, OSTaskSemPendAbort(NULL, OS_OPT_NONE, &err));
    ANSWERS(OS_ERR_PEND_ABORT_SELF, OSTaskSemPendAbort(&main_tcb, OS_OPT_NONE, &err));
    ANSWERS(OS_ERR_PEND_ABORT_NONE, EXPECT(OSTaskSemPendAbort(&helper.tcb, OS_OPT_NONE, &err) == DEF_FALSE));
    begin_pend();
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskSemPendAbort(&helper.tcb, OS_OPT_NONE, &err) == DEF_TRUE));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(ending == OS_ERR_PEND_ABORT && ts != 0u);
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskSemPend(0u, OS_OPT_PEND_NON_BLOCKING, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskSemPost(&unused, OS_OPT_POST_NONE, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskSemPendAbort(&unused, OS_OPT_NONE, &err));
    return run(checks);
}
