/* The message queues that tasks have of their own. */
#include "expect.h"

static struct helper helper;
static OS_TCB unused;
static OS_SEM sem;
static int a, b, c;
static void *pointer;
static OS_MSG_SIZE size;
static CPU_TS ts;
static OS_ERR ending;

static void pend(void *arg)
{
    (void)arg;
    pointer = OSTaskQPend(0u, OS_OPT_PEND_BLOCKING, &size, &ts, &ending);
}

static void waits_elsewhere(void *arg)
{
    OS_ERR err;

    OSSemPend(&sem, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
    pend(arg);
}

static void checks(void *arg)
{
    OS_MSG_SIZE own;

    (void)arg;
    ANSWERS(OS_ERR_NONE, OSSemCreate(&sem, NULL, 0u, &err));
    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ISR, OSTaskQPend(0u, OS_OPT_PEND_NON_BLOCKING, &own, NULL, &err));
    ANSWERS(OS_ERR_FLUSH_ISR, OSTaskQFlush(NULL, &err));
    ANSWERS(OS_ERR_PEND_ABORT_ISR, OSTaskQPendAbort(&helper.tcb, OS_OPT_NONE, &err));
    OSIntExit();
    ANSWERS(OS_ERR_PTR_INVALID, OSTaskQPend(0u, OS_OPT_PEND_BLOCKING, NULL, NULL, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSTaskQPend(0u, 1u, &own, NULL, &err));
    ANSWERS(OS_ERR_PEND_WOULD_BLOCK, OSTaskQPend(0u, OS_OPT_PEND_NON_BLOCKING, &own, NULL, &err));
    ANSWERS(OS_ERR_TIMEOUT, OSTaskQPend(2u, OS_OPT_PEND_BLOCKING, &own, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSTaskQPend(2u, OS_OPT_PEND_BLOCKING, &own, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));

    ANSWERS(OS_ERR_OPT_INVALID, OSTaskQPost(NULL, &a, 1u, OS_OPT_POST_ALL, &err));
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskQPost(&unused, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_NONE, OSTaskQPost(NULL, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_NONE, OSTaskQPost(&main_tcb, &b, 2u, OS_OPT_POST_LIFO | OS_OPT_POST_NO_SCHED, &err));
    ANSWERS(OS_ERR_Q_MAX, OSTaskQPost(NULL, &c, 3u, OS_OPT_POST_FIFO, &err));
    EXPECT(main_tcb.MsgQ.NbrEntries == 2u && main_tcb.MsgQ.OutPtr->MsgPtr == &b && main_tcb.MsgQ.InPtr->MsgPtr == &a);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskQPend(0u, OS_OPT_PEND_BLOCKING, &own, NULL, &err) == &b));
    EXPECT(own == 2u && main_tcb.MsgPtr == &b && main_tcb.MsgSize == 2u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskQFlush(NULL, &err) == 1u));
    EXPECT(main_tcb.MsgQ.NbrEntries == 0u && main_tcb.MsgQ.NbrEntriesMax == 0u && OSMsgPool.NbrUsed == 0u);
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskQFlush(&unused, &err));

    /* Handed over while it pends on its queue, even by one that may hold nothing; kept while it pends elsewhere. */
    helper_start_q(&helper, pend, NULL, 8u, 0u);
    until_state(&helper, OS_TASK_STATE_PEND);
    EXPECT(helper.tcb.PendOn == OS_TASK_PEND_ON_TASK_Q && helper.tcb.MsgQ.NbrEntriesSize == 0u);
    ANSWERS(OS_ERR_NONE, OSTaskQPost(&helper.tcb, &c, 4u, OS_OPT_POST_FIFO, &err));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(ending == OS_ERR_NONE && pointer == &c && size == 4u && ts != 0u);
    helper_start(&helper, waits_elsewhere, NULL, 8u);
    until_state(&helper, OS_TASK_STATE_PEND);
    ANSWERS(OS_ERR_NONE, OSTaskQPost(&helper.tcb, &a, 5u, OS_OPT_POST_FIFO, &err));
    EXPECT(helper.tcb.MsgQ.NbrEntries == 1u && helper.tcb.TaskState == OS_TASK_STATE_PEND);
    ANSWERS(OS_ERR_NONE, OSSemPost(&sem, OS_OPT_POST_1, &err));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(ending == OS_ERR_NONE && pointer == &a && size == 5u);

    ANSWERS(OS_ERR_OPT_INVALID, OSTaskQPendAbort(&helper.tcb, OS_OPT_PEND_ABORT_ALL, &err));
    ANSWERS(OS_ERR_PEND_ABORT_SELF, OSTaskQPendAbort(NULL, OS_OPT_NONE, &err));
    ANSWERS(OS_ERR_PEND_ABORT_SELF, OSTaskQPendAbort(&main_tcb, OS_OPT_NONE, &err));
    ANSWERS(OS_ERR_PEND_ABORT_NONE, EXPECT(OSTaskQPendAbort(&helper.tcb, OS_OPT_NONE, &err) == DEF_FALSE));
    helper_start(&helper, pend, NULL, 8u);
    until_state(&helper, OS_TASK_STATE_PEND);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskQPendAbort(&helper.tcb, OS_OPT_NONE, &err) == DEF_TRUE));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(ending == OS_ERR_PEND_ABORT && pointer == NULL && size == 0u && ts != 0u);

    /* What a task leaves in its queue goes back to the pool. */
    helper_start(&helper, waits_elsewhere, NULL, 8u);
    ANSWERS(OS_ERR_NONE, OSTaskQPost(&helper.tcb, &a, 5u, OS_OPT_POST_FIFO, &err));
    EXPECT(OSMsgPool.NbrUsed == 1u);
    ANSWERS(OS_ERR_NONE, OSTaskDel(&helper.tcb, &err));
    EXPECT(OSMsgPool.NbrUsed == 0u);
    finish();
}

int main(void)
{
    OS_MSG_SIZE own;

    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskQPend(0u, OS_OPT_PEND_NON_BLOCKING, &own, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskQPost(&unused, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskQFlush(&unused, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskQPendAbort(&unused, OS_OPT_NONE, &err));
    return run(checks);
}
