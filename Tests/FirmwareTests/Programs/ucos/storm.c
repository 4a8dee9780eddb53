/* Many tasks and an interrupt at once; nothing is lost, and the same seed gives the same run. */
#include <pthread.h>

#include "expect.h"

#define ROUNDS 300
#define PAIRS 4

static OS_MEM mem;
static CPU_INT32U storage[8][4];
static OS_Q q;
static OS_SEM ready;
static OS_MUTEX mutex;
static OS_FLAG_GRP over;
static struct helper senders[PAIRS], receivers[PAIRS];
static unsigned long sent, received, count;

static void sends(void *arg)
{
    OS_ERR err;
    OS_FLAGS bit = (OS_FLAGS)1u << ((struct helper *)arg - senders);

    for (unsigned i = 1; i <= ROUNDS; i++) {
        CPU_INT32U *block;

        while ((block = OSMemGet(&mem, &err)) == NULL)
            OSTimeDly(1u, OS_OPT_TIME_DLY, &err);
        block[0] = i;
        OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
        EXPECT(err == OS_ERR_NONE && mutex.OwnerTCBPtr == OSTCBCurPtr);
        sent += i;
        OSMutexPost(&mutex, OS_OPT_POST_NONE, &err);
        EXPECT(err == OS_ERR_NONE);
        OSQPost(&q, block, 4u, i % 3u == 0u ? OS_OPT_POST_LIFO : OS_OPT_POST_FIFO, &err);
        EXPECT(err == OS_ERR_NONE);
    }
    OSFlagPost(&over, bit, OS_OPT_POST_FLAG_SET, &err);
}

static void receives(void *arg)
{
    OS_ERR err;
    OS_MSG_SIZE size;

    (void)arg;
    for (;;) {
        CPU_INT32U *block = OSQPend(&q, 3u, OS_OPT_PEND_BLOCKING, &size, NULL, &err);
        CPU_INT32U value;

        if (err == OS_ERR_TIMEOUT)
            continue;
        EXPECT(err == OS_ERR_NONE && size == 4u);
        value = block[0];
        OSMemPut(&mem, block, &err);
        EXPECT(err == OS_ERR_NONE);
        OSMutexPend(&mutex, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
        received += value;
        count++;
        OSMutexPost(&mutex, OS_OPT_POST_NONE, &err);
        OSSemPost(&ready, OS_OPT_POST_1, &err);
    }
}

static void checks(void *arg)
{
    OS_ERR err;

    (void)arg;
    for (int i = 0; i < PAIRS; i++) {
        helper_start(&receivers[i], receives, NULL, (OS_PRIO)(20 + i / 2));
        helper_start(&senders[i], sends, &senders[i], (OS_PRIO)(20 + i / 2));
    }
    for (int i = 0; i < PAIRS * ROUNDS; i++) {
        OSSemPend(&ready, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
        EXPECT(err == OS_ERR_NONE);
    }
    OSFlagPend(&over, (1u << PAIRS) - 1u, 0u, OS_OPT_PEND_FLAG_SET_ALL, NULL, &err);
    EXPECT(sent == received && count == PAIRS * ROUNDS);
    EXPECT(mem.NbrFree == 8u && OSMsgPool.NbrUsed == 0u && q.MsgQ.NbrEntries == 0u);
    for (int i = 0; i < PAIRS; i++)
        OSTaskDel(&receivers[i].tcb, &err);
    for (int i = 0; i < PAIRS; i++)
        until_state(&senders[i], OS_TASK_STATE_DEL);
    EXPECT(OSTaskQty == 1u);
    finish();
}

int main(void)
{
    OS_ERR err;

    OSInit(&err);
    OSMemCreate(&mem, NULL, storage, 8u, 16u, &err);
    OSQCreate(&q, NULL, 8u, &err);
    OSSemCreate(&ready, NULL, 0u, &err);
    OSMutexCreate(&mutex, NULL, &err);
    OSFlagCreate(&over, NULL, 0u, &err);
    return run(checks);
}
