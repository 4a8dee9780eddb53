/* Message queues, and each answer. */
#include "cmsis_check.h"

struct message {
    uint64_t number;
    uint32_t more;
};

static osMessageQueueId_t queue;
static uint8_t priority;

static osStatus_t put(uint64_t number, uint8_t at, uint32_t timeout)
{
    struct message message = {number, ~(uint32_t)number};

    return osMessageQueuePut(queue, &message, at, timeout);
}

/* 0 if there was none. */
static uint64_t get(uint32_t timeout)
{
    struct message message;

    if (osMessageQueueGet(queue, &message, &priority, timeout) != osOK)
        return 0;
    CHECK(message.more == ~(uint32_t)message.number);
    return message.number;
}

static void creation(void)
{
    static uint32_t memory[12];
    static uint64_t control[8];
    osMessageQueueAttr_t attributes = {.name = "queue", .mq_mem = memory, .mq_size = sizeof memory};

    CHECK(osMessageQueueNew(0, 8, NULL) == NULL && osMessageQueueNew(8, 0, NULL) == NULL);
    CHECK(osMessageQueueNew(0x10000, 0x10000, NULL) == NULL);
    queue = osMessageQueueNew(4, 10, &attributes);
    CHECK(queue != NULL && strcmp(osMessageQueueGetName(queue), "queue") == 0);
    CHECK(osMessageQueueDelete(queue) == osOK && osMessageQueueDelete(queue) == osErrorParameter);
    attributes.mq_size--;
    CHECK(osMessageQueueNew(4, 10, &attributes) == NULL);
    attributes.mq_mem = NULL;
    CHECK(osMessageQueueNew(4, 10, &attributes) == NULL);
    attributes = (osMessageQueueAttr_t){.cb_size = sizeof control};
    CHECK(osMessageQueueNew(4, 10, &attributes) == NULL);
    attributes.cb_mem = control;
    CHECK(osMessageQueueNew(4, 10, &attributes) == control && osMessageQueueDelete(control) == osOK);

    queue = osMessageQueueNew(3, sizeof(struct message), NULL);
    CHECK(queue != NULL && osMessageQueueGetName(queue) == NULL && osMessageQueueGetName(NULL) == NULL);
    CHECK(osMessageQueueGetCapacity(queue) == 3 && osMessageQueueGetMsgSize(queue) == sizeof(struct message));
    CHECK(osMessageQueueGetCapacity(NULL) == 0 && osMessageQueueGetMsgSize(NULL) == 0);
    CHECK(osMessageQueueGetCount(NULL) == 0 && osMessageQueueGetSpace(NULL) == 0);
}

static void order(void)
{
    CHECK(get(0) == 0 && get(2) == 0);
    CHECK(put(1, 0, 0) == osOK && put(2, 200, 0) == osOK && put(3, 200, osWaitForever) == osOK);
    CHECK(osMessageQueueGetCount(queue) == 3 && osMessageQueueGetSpace(queue) == 0);
    CHECK(put(4, 255, 0) == osErrorResource && put(4, 255, 2) == osErrorTimeout);
    CHECK(get(0) == 2 && priority == 200 && get(osWaitForever) == 3 && priority == 200);
    CHECK(get(0) == 1 && priority == 0 && osMessageQueueGetCount(queue) == 0);
    CHECK(osMessageQueuePut(queue, NULL, 0, 0) == osErrorParameter);
    CHECK(osMessageQueueGet(queue, NULL, NULL, 0) == osErrorParameter);
    CHECK(osMessageQueuePut(NULL, &priority, 0, 0) == osErrorParameter);
    CHECK(osMessageQueueGet(NULL, &priority, NULL, 0) == osErrorParameter);
    CHECK(osMessageQueueReset(NULL) == osErrorParameter && osMessageQueueDelete(NULL) == osErrorParameter);
}

static void gets(void *argument) { *(uint64_t *)argument = get(osWaitForever); }

static void puts_later(void *argument)
{
    uint64_t number = (uint64_t)(uintptr_t)argument;

    CHECK(put(number, (uint8_t)number, osWaitForever) == osOK);
}

static void hand_over(void)
{
    uint64_t first = 0, second = 0;
    osThreadId_t low, high;

    low = start_thread(gets, &first, osPriorityBelowNormal);
    until_blocked(low);
    high = start_thread(gets, &second, osPriorityAboveNormal);
    until_blocked(high);
    /* A waiting thread has the message directly. */
    CHECK(put(5, 0, 0) == osOK && osMessageQueueGetCount(queue) == 0);
    CHECK(osThreadJoin(high) == osOK && second == 5 && first == 0);
    CHECK(put(6, 7, 0) == osOK && osThreadJoin(low) == osOK && first == 6 && priority == 7);

    /* The message of one who waits for room has its own priority. */
    CHECK(put(1, 1, 0) == osOK && put(2, 1, 0) == osOK && put(3, 1, 0) == osOK);
    low = start_thread(puts_later, (void *)9, osPriorityBelowNormal);
    until_blocked(low);
    CHECK(get(0) == 1 && osThreadJoin(low) == osOK && osMessageQueueGetCount(queue) == 3);
    CHECK(get(0) == 9 && priority == 9 && get(0) == 2);

    /* An emptied queue has room for those who wait. */
    CHECK(put(4, 0, 0) == osOK && put(5, 0, 0) == osOK);
    low = start_thread(puts_later, (void *)8, osPriorityNormal);
    until_blocked(low);
    CHECK(osMessageQueueReset(queue) == osOK && osThreadJoin(low) == osOK);
    CHECK(osMessageQueueGetCount(queue) == 1 && get(0) == 8);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osMessageQueueNew(1, 8, NULL) == NULL && osMessageQueueDelete(queue) == osErrorISR);
    CHECK(osMessageQueueReset(queue) == osErrorISR);
    CHECK(put(7, 3, 0) == osOK && osMessageQueueGetCount(queue) == 1 && osMessageQueueGetSpace(queue) == 2);
    CHECK(osMessageQueueGetCapacity(queue) == 3 && osMessageQueueGetMsgSize(queue) == sizeof(struct message));
    CHECK(get(0) == 7 && get(0) == 0 && osMessageQueueGetName(queue) == NULL);
    CHECK(put(8, 0, 1) == osErrorParameter && get(1) == 0);
}

static void is_refused(void *argument)
{
    struct message message;

    *(osStatus_t *)argument = osMessageQueueGet(queue, &message, NULL, osWaitForever);
}

static void deletion(void)
{
    osStatus_t status = osOK;
    osThreadId_t thread = start_thread(is_refused, &status, osPriorityNormal);

    until_blocked(thread);
    CHECK(osMessageQueueDelete(queue) == osOK);
    CHECK(osThreadJoin(thread) == osOK && status == osErrorResource);
    CHECK(put(1, 0, 0) == osErrorParameter && osMessageQueueReset(queue) == osErrorParameter);
}

static void checks(void)
{
    order();
    hand_over();
    hil_interrupt_run(in_interrupt, NULL);
    deletion();
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    creation();
    CHECK(put(1, 0, 5) == osOK && get(5) == 1 && get(5) == 0);
    start_checks();
    osKernelStart();
    return 1;
}
