/* Message queues: every answer, and what is to be read of the structures. */
#include "expect.h"

static OS_Q q, other;
static int a, b, c;

struct outcome {
    struct helper helper;
    OS_TICK timeout;
    void *pointer;
    OS_MSG_SIZE size;
    CPU_TS ts;
    OS_ERR err;
};
static struct outcome first, second;

static void pend(void *arg)
{
    struct outcome *outcome = arg;

    outcome->ts = 77u;
    outcome->size = 77u;
    outcome->pointer = OSQPend(&q, outcome->timeout, OS_OPT_PEND_BLOCKING, &outcome->size, &outcome->ts, &outcome->err);
}

static void begin_pend(struct outcome *outcome, OS_PRIO prio, OS_TICK timeout)
{
    outcome->timeout = timeout;
    helper_start(&outcome->helper, pend, outcome, prio);
    until_state(&outcome->helper, timeout > 0u ? OS_TASK_STATE_PEND_TIMEOUT : OS_TASK_STATE_PEND);
}

static void ended(struct outcome *outcome, OS_ERR err, void *pointer, OS_MSG_SIZE size)
{
    until_state(&outcome->helper, OS_TASK_STATE_DEL);
    EXPECT(outcome->err == err);
    EXPECT(outcome->pointer == pointer);
    EXPECT(outcome->size == size);
    EXPECT((outcome->ts != 0u) == (err != OS_ERR_TIMEOUT));
}

static void create(void)
{
    OSIntEnter();
    ANSWERS(OS_ERR_CREATE_ISR, OSQCreate(NULL, NULL, 0u, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSQCreate(NULL, NULL, 0u, &err));
    ANSWERS(OS_ERR_Q_SIZE, OSQCreate(&q, NULL, 0u, &err));
    ANSWERS(OS_ERR_NONE, OSQCreate(&q, (CPU_CHAR *)"queue", 3u, &err));
    ANSWERS(OS_ERR_OBJ_CREATED, OSQCreate(&q, (CPU_CHAR *)"queue", 3u, &err));
    EXPECT(q.Type == OS_OBJ_TYPE_Q && strcmp(q.NamePtr, "queue") == 0);
    EXPECT(q.MsgQ.NbrEntriesSize == 3u && q.MsgQ.NbrEntries == 0u && q.MsgQ.NbrEntriesMax == 0u);
    EXPECT(q.MsgQ.InPtr == NULL && q.MsgQ.OutPtr == NULL);
}

static void post_and_pend(void)
{
    OS_MSG_SIZE size = 9u;
    CPU_TS ts = 9u;
    OS_MSG_QTY free = OSMsgPool.NbrFree;

    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSQPost(NULL, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSQPost(&q, &a, 1u, 0x0001u, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSQPost(&q, &a, 1u, OS_OPT_POST_LIFO | 0x0400u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSQPost(&other, &a, 1u, OS_OPT_POST_FIFO, &err));

    ANSWERS(OS_ERR_NONE, OSQPost(&q, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_NONE, OSQPost(&q, &b, 2u, OS_OPT_POST_FIFO | OS_OPT_POST_ALL | OS_OPT_POST_NO_SCHED, &err));
    ANSWERS(OS_ERR_NONE, OSQPost(&q, NULL, 0u, OS_OPT_POST_LIFO | OS_OPT_POST_NO_SCHED, &err));
    EXPECT(q.MsgQ.NbrEntries == 3u && q.MsgQ.NbrEntriesMax == 3u);
    EXPECT(q.MsgQ.OutPtr->MsgPtr == NULL && q.MsgQ.OutPtr->MsgSize == 0u);
    EXPECT(q.MsgQ.OutPtr->NextPtr->MsgPtr == &a && q.MsgQ.OutPtr->NextPtr->MsgSize == 1u);
    EXPECT(q.MsgQ.InPtr->MsgPtr == &b && q.MsgQ.InPtr->MsgSize == 2u && q.MsgQ.InPtr->MsgTS != 0u);
    EXPECT(OSMsgPool.NbrFree == free - 3u && OSMsgPool.NbrUsed >= 3u && OSMsgPool.NbrUsedMax >= 3u);
    /* Nothing changes with a refusal. */
    ANSWERS(OS_ERR_Q_MAX, OSQPost(&q, &c, 3u, OS_OPT_POST_LIFO, &err));
    EXPECT(q.MsgQ.NbrEntries == 3u && OSMsgPool.NbrFree == free - 3u);

    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSQPend(NULL, 0u, OS_OPT_PEND_BLOCKING, &size, &ts, &err));
    ANSWERS(OS_ERR_PTR_INVALID, OSQPend(&q, 0u, OS_OPT_PEND_BLOCKING, NULL, &ts, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSQPend(&q, 0u, 0x0001u, &size, &ts, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSQPend(&other, 0u, OS_OPT_PEND_BLOCKING, &size, &ts, &err));
    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ISR, OSQPend(&q, 0u, OS_OPT_PEND_BLOCKING, &size, &ts, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSQPend(&q, 0u, OS_OPT_PEND_NON_BLOCKING, &size, &ts, &err) == NULL));
    ANSWERS(OS_ERR_NONE, OSQPost(&q, &c, 3u, OS_OPT_POST_FIFO, &err));
    OSIntExit();
    EXPECT(size == 0u && ts != 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSQPend(&q, 0u, OS_OPT_PEND_BLOCKING, &size, NULL, &err) == &a));
    EXPECT(size == 1u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSQPend(&q, 5u, OS_OPT_PEND_BLOCKING, &size, &ts, &err) == &b));
    ANSWERS(OS_ERR_NONE, EXPECT(OSQPend(&q, 0u, OS_OPT_PEND_NON_BLOCKING, &size, &ts, &err) == &c));
    EXPECT(q.MsgQ.NbrEntries == 0u && q.MsgQ.NbrEntriesMax == 3u && OSMsgPool.NbrFree == free);

    ANSWERS(OS_ERR_PEND_WOULD_BLOCK, EXPECT(OSQPend(&q, 0u, OS_OPT_PEND_NON_BLOCKING, &size, &ts, &err) == NULL));
    EXPECT(size == 0u && ts == 0u);
    ANSWERS(OS_ERR_TIMEOUT, EXPECT(OSQPend(&q, 2u, OS_OPT_PEND_BLOCKING, &size, &ts, &err) == NULL));
    EXPECT(ts == 0u && main_tcb.PendStatus == OS_STATUS_PEND_TIMEOUT);
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSQPend(&q, 2u, OS_OPT_PEND_BLOCKING, &size, &ts, &err));
    ANSWERS(OS_ERR_PEND_WOULD_BLOCK, OSQPend(&q, 2u, OS_OPT_PEND_NON_BLOCKING, &size, &ts, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));
}

static void flush(void)
{
    OS_MSG *chain;

    OSIntEnter();
    ANSWERS(OS_ERR_FLUSH_ISR, OSQFlush(&q, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSQFlush(NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSQFlush(&other, &err));
    /* A flush of nothing keeps the peak. */
    ANSWERS(OS_ERR_NONE, EXPECT(OSQFlush(&q, &err) == 0u));
    EXPECT(q.MsgQ.NbrEntriesMax == 3u);
    ANSWERS(OS_ERR_NONE, OSQPost(&q, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_NONE, OSQPost(&q, &b, 2u, OS_OPT_POST_FIFO, &err));
    chain = q.MsgQ.OutPtr;
    ANSWERS(OS_ERR_NONE, EXPECT(OSQFlush(&q, &err) == 2u));
    EXPECT(q.MsgQ.NbrEntries == 0u && q.MsgQ.NbrEntriesMax == 0u && OSMsgPool.NbrUsed == 0u);
    EXPECT(OSMsgPool.NextPtr == chain);
}

static void hand_over(void)
{
    OS_MSG_QTY left;

    /* With an empty pool a message still reaches who waits. */
    ANSWERS(OS_ERR_NONE, OSQCreate(&other, NULL, 1000u, &err));
    left = OSMsgPool.NbrFree;
    for (OS_MSG_QTY i = 0; i < left; i++)
        ANSWERS(OS_ERR_NONE, OSQPost(&other, &c, 3u, OS_OPT_POST_FIFO, &err));
    EXPECT(OSMsgPool.NbrFree == 0u && OSMsgPool.NextPtr == NULL);
    ANSWERS(OS_ERR_MSG_POOL_EMPTY, OSQPost(&q, &a, 1u, OS_OPT_POST_FIFO, &err));
    begin_pend(&first, 8u, 0u);
    begin_pend(&second, 7u, 0u);
    EXPECT(q.PendList.NbrEntries == 2u);
    EXPECT(q.PendList.HeadPtr == &second.helper.tcb && q.PendList.TailPtr == &first.helper.tcb);
    EXPECT(first.helper.tcb.PendOn == OS_TASK_PEND_ON_Q && first.helper.tcb.PendObjPtr == &q);
    ANSWERS(OS_ERR_NONE, EXPECT(OSQFlush(&q, &err) == 0u));
    ANSWERS(OS_ERR_NONE, OSQPost(&q, &a, 5u, OS_OPT_POST_FIFO, &err));
    ended(&second, OS_ERR_NONE, &a, 5u);
    EXPECT(q.MsgQ.NbrEntries == 0u && q.MsgQ.NbrEntriesMax == 0u && q.PendList.NbrEntries == 1u);
    begin_pend(&second, 7u, 1000u);
    ANSWERS(OS_ERR_NONE, OSQPost(&q, &b, 6u, OS_OPT_POST_ALL | OS_OPT_POST_LIFO, &err));
    ended(&first, OS_ERR_NONE, &b, 6u);
    ended(&second, OS_ERR_NONE, &b, 6u);
    ANSWERS(OS_ERR_NONE, OSQDel(&other, OS_OPT_DEL_NO_PEND, &err));
    EXPECT(OSMsgPool.NbrFree == left);
}

static void waits_end(void)
{
    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ABORT_ISR, OSQPendAbort(&q, OS_OPT_PEND_ABORT_1, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSQPendAbort(NULL, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSQPendAbort(&q, 0x0001u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSQPendAbort(&other, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_PEND_ABORT_NONE, EXPECT(OSQPendAbort(&q, OS_OPT_PEND_ABORT_ALL, &err) == 0u));
    begin_pend(&first, 8u, 0u);
    begin_pend(&second, 7u, 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSQPendAbort(&q, OS_OPT_PEND_ABORT_1, &err) == 1u));
    ended(&second, OS_ERR_PEND_ABORT, NULL, 0u);
    begin_pend(&second, 9u, 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSQPendAbort(&q, OS_OPT_PEND_ABORT_ALL | OS_OPT_POST_NO_SCHED, &err) == 2u));
    ended(&first, OS_ERR_PEND_ABORT, NULL, 0u);
    ended(&second, OS_ERR_PEND_ABORT, NULL, 0u);
    begin_pend(&first, 8u, 200u);
    ended(&first, OS_ERR_TIMEOUT, NULL, 0u);
}

static void del(void)
{
    OSIntEnter();
    ANSWERS(OS_ERR_DEL_ISR, OSQDel(&q, OS_OPT_DEL_ALWAYS, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSQDel(NULL, OS_OPT_DEL_ALWAYS, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSQDel(&q, 2u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSQDel(&other, OS_OPT_DEL_ALWAYS, &err));
    begin_pend(&first, 8u, 0u);
    begin_pend(&second, 7u, 0u);
    ANSWERS(OS_ERR_TASK_WAITING, EXPECT(OSQDel(&q, OS_OPT_DEL_NO_PEND, &err) == 0u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSQDel(&q, OS_OPT_DEL_ALWAYS, &err) == 2u));
    ended(&first, OS_ERR_OBJ_DEL, NULL, 0u);
    ended(&second, OS_ERR_OBJ_DEL, NULL, 0u);
    EXPECT(q.Type == OS_OBJ_TYPE_NONE);
    ANSWERS(OS_ERR_OBJ_TYPE, OSQPost(&q, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_NONE, OSQCreate(&q, NULL, 1u, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSQDel(&q, OS_OPT_DEL_NO_PEND, &err) == 0u));
}

static void checks(void *arg)
{
    (void)arg;
    create();
    post_and_pend();
    flush();
    hand_over();
    waits_end();
    del();
    finish();
}

int main(void)
{
    OS_MSG_SIZE size;

    ANSWERS(OS_ERR_NONE, OSInit(&err));
    EXPECT(OSMsgPool.NbrFree == OS_CFG_MSG_POOL_SIZE && OSMsgPool.NbrUsed == 0u && OSMsgPool.NbrUsedMax == 0u);
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSQPost(&q, &a, 1u, OS_OPT_POST_FIFO, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSQPend(&q, 0u, OS_OPT_PEND_NON_BLOCKING, &size, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSQFlush(&q, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSQPendAbort(&q, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSQDel(&q, OS_OPT_DEL_ALWAYS, &err));
    return run(checks);
}
