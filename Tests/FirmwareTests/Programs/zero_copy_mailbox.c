/* Exercise 18, as it was written: a memory pool, and a queue of the pointers to its blocks, 4 bytes each. */
#include <stdio.h>
#include <stdlib.h>

#include "cmsis_os2.h"

typedef struct {
    uint8_t canData[8];
} message_t;

static osMemoryPoolId_t mpool;
static osMessageQueueId_t queue;
static uint8_t testData;

static const osMemoryPoolAttr_t memorypoolAttr_mpool = {
    .name = "memory_pool",
};
static const osThreadAttr_t ThreadAttr_producer = {
    .name = "producer",
};
static const osThreadAttr_t ThreadAttr_consumer = {
    .name = "consumer",
};

static void LED_SetOut(uint32_t value)
{
    static int count;

    printf("%02X\n", (unsigned)value);
    if (++count == 6) {
        fflush(stdout);
        _Exit(0);
    }
}

static void producer_thread(void *argument)
{
    message_t *message;
    int index;

    (void)argument;
    while (1) {
        if (testData == 0xAA) {
            testData = 0x55;
        } else {
            testData = 0xAA;
        }
        message = (message_t *)osMemoryPoolAlloc(mpool, osWaitForever);
        for (index = 0; index < 8; index++) {
            message->canData[index] = testData;
        }
        osMessageQueuePut(queue, &message, NULL, osWaitForever);
        osDelay(10);
    }
}

static void consumer_thread(void *argument)
{
    message_t *message;

    (void)argument;
    while (1) {
        osMessageQueueGet(queue, &message, NULL, osWaitForever);
        LED_SetOut((uint32_t)message->canData[0]);
        osMemoryPoolFree(mpool, message);
    }
}

static void app_main(void *argument)
{
    (void)argument;
    mpool = osMemoryPoolNew(16, sizeof(message_t), &memorypoolAttr_mpool);
    queue = osMessageQueueNew(16, 4, NULL);
    osThreadNew(producer_thread, NULL, &ThreadAttr_producer);
    osThreadNew(consumer_thread, NULL, &ThreadAttr_consumer);
}

int main(void)
{
    osKernelInitialize();
    osThreadNew(app_main, NULL, NULL);
    osKernelStart();
    return 1;
}
