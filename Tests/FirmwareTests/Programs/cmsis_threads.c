/* Threads begin, end, stop and go on; and each answer. */
#include "cmsis_check.h"

static volatile int runs;
static osThreadId_t checker;

static void once(void *argument)
{
    runs++;
    if (argument != NULL)
        *(osThreadId_t *)argument = osThreadGetId();
}

static void waits(void *argument)
{
    uint32_t flags = osThreadFlagsWait(1, osFlagsWaitAny, osWaitForever);

    if (argument != NULL)
        *(uint32_t *)argument = flags;
    osThreadExit();
}

static void creation(void)
{
    static uint64_t memory[8], stack[64];
    osThreadAttr_t attributes = {.cb_mem = memory, .cb_size = sizeof memory, .attr_bits = osThreadJoinable};
    osThreadId_t thread, own = NULL;

    CHECK(osThreadNew(NULL, NULL, NULL) == NULL);
    attributes.name = "in memory";
    attributes.stack_mem = stack;
    attributes.stack_size = sizeof stack;
    thread = osThreadNew(once, &own, &attributes);
    CHECK(thread == memory && osThreadGetName(thread) == attributes.name);
    CHECK(osThreadJoin(thread) == osOK && own == thread && runs == 1);
    CHECK(osThreadGetName(thread) == NULL && osThreadJoin(thread) == osErrorParameter);

    attributes.stack_size = 0;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.stack_mem = (char *)stack + 4;
    attributes.stack_size = 256;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.stack_mem = NULL;
    attributes.cb_size = 4;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.cb_size = sizeof memory;
    attributes.cb_mem = NULL;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.cb_mem = (char *)memory + 2;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.cb_mem = NULL;
    attributes.cb_size = 0;
    attributes.priority = (osPriority_t)57;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.priority = osPriorityError;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    attributes.priority = osPriorityNone;
    attributes.attr_bits = osThreadPrivileged | osThreadUnprivileged;
    CHECK(osThreadNew(once, NULL, &attributes) == NULL);
    CHECK(runs == 1);
}

static void information(void)
{
    osThreadId_t thread = start_thread(waits, NULL, osPriorityAboveNormal3), list[4] = {NULL};

    until_blocked(thread);
    CHECK(strcmp(osThreadGetName(thread), "other") == 0 && osThreadGetName(NULL) == NULL);
    CHECK(osThreadGetState(checker) == osThreadRunning && osThreadGetState(NULL) == osThreadError);
    CHECK(osThreadGetPriority(thread) == osPriorityAboveNormal3 && osThreadGetPriority(checker) == osPriorityNormal);
    CHECK(osThreadGetPriority(NULL) == osPriorityError);
    CHECK(osThreadGetStackSize(thread) > 0 && osThreadGetStackSpace(thread) > 0 && osThreadGetStackSize(NULL) == 0);
    CHECK(osThreadGetStackSpace(NULL) == 0 && osThreadGetStackSpace(thread) < osThreadGetStackSize(thread));
    CHECK(osThreadGetCount() == 2);
    CHECK(osThreadEnumerate(list, 4) == 2 && list[0] == checker && list[1] == thread);
    CHECK(osThreadEnumerate(list, 1) == 1 && osThreadEnumerate(NULL, 4) == 0 && osThreadEnumerate(list, 0) == 0);

    CHECK(osThreadSetPriority(thread, osPriorityLow) == osOK && osThreadGetPriority(thread) == osPriorityLow);
    CHECK(osThreadSetPriority(thread, osPriorityNone) == osErrorParameter);
    CHECK(osThreadSetPriority(thread, (osPriority_t)57) == osErrorParameter);
    CHECK(osThreadSetPriority(NULL, osPriorityLow) == osErrorParameter);
    CHECK(osThreadFlagsSet(thread, 1) == 0 && osThreadJoin(thread) == osOK);
}

static void spins(void *argument)
{
    (void)argument;
    while (osThreadYield() == osOK)
        runs++;
}

static void waits_briefly(void *argument)
{
    *(uint32_t *)argument = osThreadFlagsWait(1, osFlagsWaitAny, osWaitForever);
}

static void suspension(void)
{
    osThreadId_t thread = start_thread(spins, NULL, osPriorityNormal);
    uint32_t ended = 0;
    int before;

    while (runs < 10)
        osThreadYield();
    CHECK(osThreadResume(thread) == osErrorResource);
    CHECK(osThreadSuspend(thread) == osOK && osThreadGetState(thread) == osThreadBlocked);
    CHECK(osThreadSuspend(thread) == osOK);
    osDelay(2);
    before = runs;
    osDelay(2);
    CHECK(runs == before);
    CHECK(osThreadResume(thread) == osOK);
    while (runs == before)
        osDelay(1);
    CHECK(osThreadTerminate(thread) == osOK && osThreadGetState(thread) == osThreadTerminated);
    CHECK(osThreadSuspend(thread) == osErrorResource && osThreadResume(thread) == osErrorResource);
    CHECK(osThreadTerminate(thread) == osErrorResource && osThreadSetPriority(thread, osPriorityLow) == osErrorResource);
    CHECK(osThreadGetPriority(thread) == osPriorityError && osThreadFlagsSet(thread, 1) == osFlagsErrorResource);
    CHECK(osThreadJoin(thread) == osOK && osThreadGetState(thread) == osThreadError);

    CHECK(osThreadSuspend(NULL) == osErrorParameter && osThreadResume(NULL) == osErrorParameter);
    CHECK(osThreadTerminate(NULL) == osErrorParameter && osThreadResume(checker) == osErrorResource);
    osKernelLock();
    CHECK(osThreadSuspend(checker) == osErrorResource && osThreadTerminate(checker) == osErrorResource);
    CHECK(osThreadYield() == osOK);
    osKernelUnlock();

    /* A wait that is broken off is one whose time is over. */
    thread = start_thread(waits_briefly, &ended, osPriorityNormal);
    until_blocked(thread);
    CHECK(osThreadResume(thread) == osOK && osThreadJoin(thread) == osOK && ended == osFlagsErrorTimeout);
    thread = start_thread(waits_briefly, &ended, osPriorityNormal);
    until_blocked(thread);
    ended = 0;
    CHECK(osThreadSuspend(thread) == osOK && osThreadResume(thread) == osOK);
    CHECK(osThreadJoin(thread) == osOK && ended == osFlagsErrorTimeout);
}

static void suspends_itself(void *argument)
{
    (void)argument;
    CHECK(osThreadSuspend(osThreadGetId()) == osOK);
    runs = 1000;
    CHECK(osThreadTerminate(osThreadGetId()) == osError);
}

static void joins(void *argument)
{
    CHECK(osThreadJoin(argument) == osOK);
    runs = 2000;
}

static void endings(void)
{
    osThreadId_t thread = start_thread(suspends_itself, NULL, osPriorityHigh), other;

    until_blocked(thread);
    CHECK(osThreadResume(thread) == osOK && osThreadJoin(thread) == osOK && runs == 1000);

    CHECK(osThreadDetach(checker) == osErrorResource && osThreadDetach(NULL) == osErrorParameter);
    CHECK(osThreadJoin(checker) == osErrorResource && osThreadJoin(NULL) == osErrorParameter);
    thread = start_thread(waits, NULL, osPriorityNormal);
    CHECK(osThreadDetach(thread) == osOK && osThreadDetach(thread) == osErrorResource);
    CHECK(osThreadJoin(thread) == osErrorResource);
    CHECK(osThreadTerminate(thread) == osOK && osThreadGetState(thread) == osThreadError);

    thread = start_thread(once, NULL, osPriorityNormal);
    while (osThreadGetState(thread) != osThreadTerminated)
        osDelay(1);
    CHECK(osThreadDetach(thread) == osOK && osThreadDetach(thread) == osErrorParameter);

    /* One thread waits for the end of another; a second one cannot. */
    thread = start_thread(waits, NULL, osPriorityNormal);
    other = start_thread(joins, thread, osPriorityNormal);
    until_blocked(other);
    CHECK(osThreadJoin(thread) == osErrorResource && osThreadDetach(thread) == osErrorResource);
    CHECK(osThreadFlagsSet(thread, 3) != osFlagsErrorParameter);
    CHECK(osThreadJoin(other) == osOK && runs == 2000);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osThreadNew(once, NULL, NULL) == NULL);
    CHECK(osThreadGetId() == checker && strcmp(osThreadGetName(checker), "checks") == 0);
    CHECK(osThreadGetState(checker) == osThreadError && osThreadGetPriority(checker) == osPriorityError);
    CHECK(osThreadGetStackSize(checker) == 0 && osThreadGetStackSpace(checker) == 0);
    CHECK(osThreadSetPriority(checker, osPriorityLow) == osErrorISR && osThreadYield() == osErrorISR);
    CHECK(osThreadSuspend(checker) == osErrorISR && osThreadResume(checker) == osErrorISR);
    CHECK(osThreadDetach(checker) == osErrorISR && osThreadTerminate(checker) == osErrorISR);
    CHECK(osThreadGetCount() == 0 && osThreadEnumerate(&checker, 1) == 0);
    CHECK(osThreadJoin(checker) == osErrorISR);
}

static void checks(void)
{
    checker = osThreadGetId();
    creation();
    information();
    suspension();
    endings();
    hil_interrupt_run(in_interrupt, NULL);
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    CHECK(osThreadGetState(start_checks()) == osThreadReady);
    osKernelStart();
    return 1;
}
