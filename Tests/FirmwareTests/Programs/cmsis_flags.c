/* Thread flags and event flags, and each answer. */
#include "cmsis_check.h"

static osThreadId_t checker;
static osEventFlagsId_t events;

static void thread_flags(void)
{
    CHECK(osThreadFlagsGet() == 0);
    CHECK(osThreadFlagsSet(checker, 0x15) == 0x15 && osThreadFlagsGet() == 0x15);
    CHECK(osThreadFlagsClear(0x01) == 0x15 && osThreadFlagsGet() == 0x14);
    CHECK(osThreadFlagsSet(checker, 0x80000000) == osFlagsErrorParameter);
    CHECK(osThreadFlagsSet(NULL, 1) == osFlagsErrorParameter && osThreadFlagsSet(events, 1) == osFlagsErrorParameter);
    CHECK(osThreadFlagsClear(0x80000000) == osFlagsErrorParameter);
    CHECK(osThreadFlagsWait(0x80000000, osFlagsWaitAny, 0) == osFlagsErrorParameter);
    CHECK(osThreadFlagsWait(1, 4, 0) == osFlagsErrorParameter);

    CHECK(osThreadFlagsWait(0x01, osFlagsWaitAny, 0) == osFlagsErrorResource);
    CHECK(osThreadFlagsWait(0x01, osFlagsWaitAny, 2) == osFlagsErrorTimeout);
    CHECK(osThreadFlagsWait(0x05, osFlagsWaitAll, 2) == osFlagsErrorTimeout);
    CHECK(osThreadFlagsWait(0x05, osFlagsWaitAny | osFlagsNoClear, 0) == 0x14 && osThreadFlagsGet() == 0x14);
    CHECK(osThreadFlagsWait(0x05, osFlagsWaitAny, 0) == 0x14 && osThreadFlagsGet() == 0x10);
    CHECK(osThreadFlagsSet(checker, 0x03) == 0x13);
    CHECK(osThreadFlagsWait(0x03, osFlagsWaitAll, osWaitForever) == 0x13 && osThreadFlagsClear(0x10) == 0x10);
}

static void waits_for_three(void *argument)
{
    *(uint32_t *)argument = osThreadFlagsWait(0x07, osFlagsWaitAll, osWaitForever);
    CHECK(osThreadFlagsGet() == 0x08);
}

static void thread_flags_of_another(void)
{
    uint32_t got = 0;
    osThreadId_t thread = start_thread(waits_for_three, &got, osPriorityNormal);

    until_blocked(thread);
    CHECK(osThreadFlagsSet(thread, 0x0B) == 0x0B);
    CHECK(osThreadGetState(thread) == osThreadBlocked);
    /* What the waiting thread has consumed is not in the answer. */
    CHECK(osThreadFlagsSet(thread, 0x04) == 0x08);
    CHECK(osThreadJoin(thread) == osOK && got == 0x0F);
}

static uint32_t order, ended[2];

static void waits_for_event(void *argument)
{
    uint32_t bit = (uint32_t)(uintptr_t)argument;

    ended[bit] = osEventFlagsWait(events, 0x01, osFlagsWaitAny, osWaitForever);
    order = order * 10 + bit + 1;
}

static void event_flags(void)
{
    static uint64_t memory[8];
    osEventFlagsAttr_t attributes = {.name = "events", .cb_mem = memory, .cb_size = 4};
    osThreadId_t low, high;

    CHECK(osEventFlagsNew(&attributes) == NULL);
    attributes.cb_size = sizeof memory;
    events = osEventFlagsNew(&attributes);
    CHECK(events == memory && strcmp(osEventFlagsGetName(events), "events") == 0);
    CHECK(osEventFlagsDelete(events) == osOK && osEventFlagsDelete(events) == osErrorParameter);
    events = osEventFlagsNew(NULL);
    CHECK(events != NULL && osEventFlagsGetName(events) == NULL && osEventFlagsGetName(checker) == NULL);

    CHECK(osEventFlagsSet(events, 0x15) == 0x15 && osEventFlagsGet(events) == 0x15);
    CHECK(osEventFlagsClear(events, 0x11) == 0x15 && osEventFlagsGet(events) == 0x04);
    CHECK(osEventFlagsSet(events, 0x80000000) == osFlagsErrorParameter && osEventFlagsSet(NULL, 1) == osFlagsErrorParameter);
    CHECK(osEventFlagsClear(events, 0x80000000) == osFlagsErrorParameter);
    CHECK(osEventFlagsClear(NULL, 1) == osFlagsErrorParameter && osEventFlagsGet(NULL) == 0);
    CHECK(osEventFlagsWait(NULL, 1, osFlagsWaitAny, 0) == osFlagsErrorParameter);
    CHECK(osEventFlagsWait(events, 0x80000000, osFlagsWaitAny, 0) == osFlagsErrorParameter);
    CHECK(osEventFlagsWait(events, 1, 4, 0) == osFlagsErrorParameter);
    CHECK(osEventFlagsWait(events, 0x01, osFlagsWaitAny, 0) == osFlagsErrorResource);
    CHECK(osEventFlagsWait(events, 0x05, osFlagsWaitAll, 2) == osFlagsErrorTimeout);
    CHECK(osEventFlagsWait(events, 0x05, osFlagsWaitAny | osFlagsNoClear, 0) == 0x04);
    CHECK(osEventFlagsWait(events, 0x05, osFlagsWaitAny, 0) == 0x04 && osEventFlagsGet(events) == 0);

    /* Each waiter consumes for itself: the first by priority has it, the other waits on. */
    low = start_thread(waits_for_event, (void *)0, osPriorityBelowNormal);
    until_blocked(low);
    high = start_thread(waits_for_event, (void *)1, osPriorityAboveNormal);
    until_blocked(high);
    CHECK(osEventFlagsSet(events, 0x03) == 0x02);
    CHECK(osThreadJoin(high) == osOK && ended[1] == 0x03 && order == 2);
    CHECK(osThreadGetState(low) == osThreadBlocked);
    CHECK(osEventFlagsDelete(events) == osOK);
    CHECK(osThreadJoin(low) == osOK && ended[0] == osFlagsErrorResource);
    CHECK(osEventFlagsSet(events, 1) == osFlagsErrorParameter);
    events = osEventFlagsNew(NULL);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osThreadFlagsSet(checker, 0x02) == 0x02);
    CHECK(osThreadFlagsClear(1) == osFlagsErrorISR && osThreadFlagsGet() == 0);
    CHECK(osThreadFlagsWait(1, osFlagsWaitAny, 0) == osFlagsErrorISR);
    CHECK(osEventFlagsNew(NULL) == NULL && osEventFlagsDelete(events) == osErrorISR);
    CHECK(osEventFlagsSet(events, 0x07) == 0x07 && osEventFlagsClear(events, 0x02) == 0x07);
    CHECK(osEventFlagsGet(events) == 0x05 && osEventFlagsWait(events, 0x04, osFlagsWaitAny, 0) == 0x05);
    CHECK(osEventFlagsWait(events, 0x01, osFlagsWaitAny, 1) == osFlagsErrorParameter);
    CHECK(osEventFlagsGetName(events) == NULL);
}

static void checks(void)
{
    checker = osThreadGetId();
    event_flags();
    thread_flags();
    thread_flags_of_another();
    hil_interrupt_run(in_interrupt, NULL);
    CHECK(osThreadFlagsWait(0x02, osFlagsWaitAny, 0) == 0x02 && osEventFlagsGet(events) == 0x01);
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    CHECK(osThreadFlagsClear(1) == osFlagsErrorUnknown && osThreadFlagsWait(1, 0, 0) == osFlagsErrorUnknown);
    events = osEventFlagsNew(NULL);
    CHECK(osEventFlagsSet(events, 1) == 1 && osEventFlagsWait(events, 3, osFlagsWaitAll, 5) == osFlagsErrorTimeout);
    start_checks();
    osKernelStart();
    return 1;
}
