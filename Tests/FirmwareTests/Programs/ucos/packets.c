/*
 * Keeping the data in scope: an interrupt puts the packets of a UART into blocks of a memory partition and posts them,
 * a task takes them and puts the blocks back.
 *
 * The page's routine is pseudo-code with slips. Here it does what the page's text and its figure say: the address of the
 * block is posted, not the pointer that has moved on; each byte is stored once; bytes between packets are dropped. A
 * packet that would not fit, or for which there is no block, is dropped as well.
 */
#include <pthread.h>

#include "expect.h"

#define START 0x02u
#define END 0x03u
#define BLOCKS 4u
#define BLOCK_SIZE 32u
#define PACKETS 50

static OS_MEM UART_MemPool;
static CPU_INT32U UART_MemPoolStorage[BLOCKS][BLOCK_SIZE / sizeof(CPU_INT32U)];
static OS_Q UART_Q;

static CPU_INT08U *RxBlkPtr;
static CPU_INT08U *RxDataPtr;
static OS_MSG_SIZE RxDataCtr;

static void UART_ISR(CPU_INT08U RxData)
{
    OS_ERR err;

    OSIntEnter();
    if (RxData == START && RxDataPtr == NULL) {
        RxBlkPtr = OSMemGet(&UART_MemPool, &err);
        RxDataPtr = RxBlkPtr;
        if (RxDataPtr != NULL) {
            *RxDataPtr++ = RxData;
            RxDataCtr = 1u;
        }
    } else if (RxDataPtr != NULL) {
        *RxDataPtr++ = RxData;
        RxDataCtr++;
        if (RxData == END) {
            OSQPost((OS_Q *)&UART_Q, (void *)RxBlkPtr, (OS_MSG_SIZE)RxDataCtr, (OS_OPT)OS_OPT_POST_FIFO, (OS_ERR *)&err);
            RxDataPtr = NULL;
            RxDataCtr = 0u;
        } else if (RxDataCtr == BLOCK_SIZE) {
            OSMemPut(&UART_MemPool, RxBlkPtr, &err);
            RxDataPtr = NULL;
        }
    }
    OSIntExit();
}

static OS_SEM consumed;

/* The device: a thread that is none of the tasks. It sends what the task is ready for, so that no packet is lost. */
static void *device(void *arg)
{
    (void)arg;
    for (int packet = 0; packet < PACKETS; packet++) {
        UART_ISR('?');
        UART_ISR(START);
        for (int i = 0; i < packet % 20; i++)
            UART_ISR((CPU_INT08U)('a' + i));
        UART_ISR(END);
    }
    return NULL;
}

static void line(void *arg)
{
    OS_ERR err;

    for (int packet = 0; packet < PACKETS; packet++) {
        UART_ISR('?');
        UART_ISR(START);
        for (int i = 0; i < packet % 20; i++)
            UART_ISR((CPU_INT08U)('a' + i));
        UART_ISR(END);
        OSSemPend(&consumed, 0u, OS_OPT_PEND_BLOCKING, NULL, &err);
        EXPECT(err == OS_ERR_NONE);
    }
    (void)arg;
}

static void UART_Task(void *arg)
{
    OS_ERR err;
    OS_MSG_SIZE size;
    CPU_TS ts;
    static struct helper sender;
    pthread_t thread;

    (void)arg;
    helper_start(&sender, line, NULL, 12u);
    for (int packet = 0; packet < PACKETS; packet++) {
        CPU_INT08U *data = OSQPend(&UART_Q, 0u, OS_OPT_PEND_BLOCKING, &size, &ts, &err);

        EXPECT(err == OS_ERR_NONE && ts != 0u);
        EXPECT(((CPU_ADDR)data - (CPU_ADDR)UART_MemPoolStorage) % BLOCK_SIZE == 0u);
        EXPECT(size == packet % 20 + 2);
        EXPECT(data[0] == START && data[size - 1] == END);
        for (int i = 0; i < size - 2; i++)
            EXPECT(data[i + 1] == 'a' + i);
        EXPECT(UART_MemPool.NbrFree == BLOCKS - 1u);
        OSMemPut(&UART_MemPool, data, &err);
        EXPECT(err == OS_ERR_NONE);
        OSSemPost(&consumed, OS_OPT_POST_1, &err);
    }
    EXPECT(UART_MemPool.NbrFree == BLOCKS);

    /* From a thread of the host's, as fast as it can: packets may be dropped for want of blocks, but none is torn. */
    pthread_create(&thread, NULL, device, NULL);
    for (int got = 0;; got++) {
        CPU_INT08U *data = OSQPend(&UART_Q, 200u, OS_OPT_PEND_BLOCKING, &size, &ts, &err);

        if (err == OS_ERR_TIMEOUT && got > 0)
            break;
        if (err == OS_ERR_TIMEOUT)
            continue;
        EXPECT(err == OS_ERR_NONE && data[0] == START && data[size - 1] == END);
        for (int i = 0; i < size - 2; i++)
            EXPECT(data[i + 1] == 'a' + i);
        OSMemPut(&UART_MemPool, data, &err);
        EXPECT(err == OS_ERR_NONE);
    }
    pthread_join(thread, NULL);
    finish();
}

int main(void)
{
    OS_ERR err;

    OSInit(&err);
    OSMemCreate(&UART_MemPool, (CPU_CHAR *)"UART blocks", UART_MemPoolStorage, BLOCKS, BLOCK_SIZE, &err);
    EXPECT(err == OS_ERR_NONE);
    OSQCreate(&UART_Q, (CPU_CHAR *)"UART packets", BLOCKS, &err);
    EXPECT(err == OS_ERR_NONE);
    OSSemCreate(&consumed, (CPU_CHAR *)"consumed", 0u, &err);
    return run(UART_Task);
}
