/* Message queue internals: the pool of messages, a queue with four of them, and a task's own queue. */
#include "expect.h"

static OS_Q q;

static void show_queue(const char *name, const OS_MSG_Q *msg_q)
{
    printf(
        "%s: NbrEntriesSize %u NbrEntries %u NbrEntriesMax %u:", name, msg_q->NbrEntriesSize, msg_q->NbrEntries,
        msg_q->NbrEntriesMax);
    for (OS_MSG *msg = msg_q->OutPtr; msg != NULL; msg = msg->NextPtr) {
        printf(" %s(%u)%s", (char *)msg->MsgPtr, msg->MsgSize, msg == msg_q->InPtr ? "" : ",");
        if (msg == msg_q->InPtr)
            break;
    }
    printf("\n");
}

static void show_pool(void)
{
    OS_MSG_QTY count = 0;

    for (OS_MSG *msg = OSMsgPool.NextPtr; msg != NULL; msg = msg->NextPtr)
        count++;
    printf(
        "pool: NbrFree %u NbrUsed %u NbrUsedMax %u, %u in the list\n", OSMsgPool.NbrFree, OSMsgPool.NbrUsed,
        OSMsgPool.NbrUsedMax, count);
}

static void task(void *arg)
{
    OS_ERR err;
    OS_MSG_SIZE size;
    char *texts[] = {"one", "two", "three", "four"};

    (void)arg;
    show_pool();
    for (int i = 0; i < 4; i++)
        OSQPost(&q, texts[i], (OS_MSG_SIZE)strlen(texts[i]), OS_OPT_POST_FIFO, &err);
    show_queue("queue", &q.MsgQ);
    show_pool();
    OSQPend(&q, 0u, OS_OPT_PEND_BLOCKING, &size, NULL, &err);
    show_queue("queue", &q.MsgQ);
    OSTaskQPost(NULL, "own", 3u, OS_OPT_POST_FIFO, &err);
    show_queue("task", &OSTCBCurPtr->MsgQ);
    show_pool();
    OSQFlush(&q, &err);
    show_queue("queue", &q.MsgQ);
    show_pool();
    finish();
}

int main(void)
{
    OS_ERR err;

    OSInit(&err);
    show_pool();
    OSQCreate(&q, (CPU_CHAR *)"queue", 5u, &err);
    return run(task);
}
