/* Delays and timers, and each answer. */
#include "cmsis_check.h"

static osTimerId_t once, again;
static osSemaphoreId_t fired, started_early;
static volatile int count;

static void delays(void)
{
    uint32_t tick = osKernelGetTickCount();

    CHECK(osDelay(0) == osErrorParameter);
    CHECK(osDelay(2) == osOK && osKernelGetTickCount() - tick >= 2);
    tick = osKernelGetTickCount() + 3;
    CHECK(osDelayUntil(tick) == osOK && (int32_t)(osKernelGetTickCount() - tick) >= 0);
    CHECK(osDelayUntil(tick) == osErrorParameter || osKernelGetTickCount() == tick);
    CHECK(osDelayUntil(osKernelGetTickCount() - 1) == osErrorParameter);
    CHECK(osDelayUntil(osKernelGetTickCount() + 0x80000010) == osErrorParameter);
}

static void callback(void *argument)
{
    osThreadId_t own = osThreadGetId();

    CHECK(argument == &count);
    /* It runs in a thread, which may wait. */
    CHECK(own != NULL && osThreadGetPriority(own) == osPriorityHigh);
    CHECK(osThreadGetName(own) != NULL && osDelay(1) == osOK);
    count++;
    CHECK(osSemaphoreRelease(fired) == osOK);
}

static void early(void *argument) { CHECK(osSemaphoreRelease(argument) == osOK); }

static void stops_itself(void *argument)
{
    (void)argument;
    if (++count == 3) {
        CHECK(osTimerStop(again) == osOK);
        CHECK(osSemaphoreRelease(fired) == osOK);
    }
}

static void timers(void)
{
    static uint64_t memory[8];
    osTimerAttr_t attributes = {.name = "timer", .cb_mem = NULL, .cb_size = sizeof memory};

    CHECK(osTimerNew(NULL, osTimerOnce, NULL, NULL) == NULL);
    CHECK(osTimerNew(callback, (osTimerType_t)2, NULL, NULL) == NULL);
    CHECK(osTimerNew(callback, osTimerOnce, NULL, &attributes) == NULL);
    attributes.cb_mem = memory;
    once = osTimerNew(callback, osTimerOnce, (void *)&count, &attributes);
    CHECK(once == memory && strcmp(osTimerGetName(once), "timer") == 0 && osTimerGetName(NULL) == NULL);
    CHECK(osTimerIsRunning(once) == 0 && osTimerIsRunning(NULL) == 0);
    CHECK(osTimerStart(once, 0) == osErrorParameter && osTimerStart(NULL, 1) == osErrorParameter);
    CHECK(osTimerStop(once) == osErrorResource && osTimerStop(NULL) == osErrorParameter);

    CHECK(osTimerStart(once, 10000) == osOK && osTimerIsRunning(once) == 1);
    CHECK(osTimerStop(once) == osOK && osTimerIsRunning(once) == 0);
    CHECK(osTimerStart(once, 10000) == osOK && osTimerStart(once, 2) == osOK);
    CHECK(osSemaphoreAcquire(fired, osWaitForever) == osOK && count == 1 && osTimerIsRunning(once) == 0);
    CHECK(osTimerStart(once, 1) == osOK && osSemaphoreAcquire(fired, osWaitForever) == osOK && count == 2);

    count = 0;
    again = osTimerNew(stops_itself, osTimerPeriodic, NULL, NULL);
    CHECK(osTimerGetName(again) == NULL && osTimerStart(again, 2) == osOK);
    CHECK(osSemaphoreAcquire(fired, osWaitForever) == osOK && count == 3 && osTimerIsRunning(again) == 0);
    CHECK(osTimerStart(again, 1000) == osOK && osTimerIsRunning(again) == 1 && osTimerDelete(again) == osOK);
    CHECK(osTimerDelete(again) == osErrorParameter && osTimerStart(again, 1) == osErrorParameter);
    CHECK(osTimerIsRunning(again) == 0 && count == 3);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osTimerNew(callback, osTimerOnce, NULL, NULL) == NULL && osTimerDelete(once) == osErrorISR);
    CHECK(osTimerStart(once, 1) == osErrorISR && osTimerStop(once) == osErrorISR && osTimerIsRunning(once) == 0);
    CHECK(strcmp(osTimerGetName(once), "timer") == 0);
    CHECK(osDelay(1) == osErrorISR && osDelayUntil(1) == osErrorISR);
}

static void checks(void)
{
    /* The one that was started before the kernel. */
    CHECK(osSemaphoreAcquire(started_early, osWaitForever) == osOK && osKernelGetTickCount() >= 5);
    delays();
    timers();
    hil_interrupt_run(in_interrupt, NULL);
    CHECK(osTimerDelete(once) == osOK);
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    fired = osSemaphoreNew(10, 0, NULL);
    started_early = osSemaphoreNew(1, 0, NULL);
    CHECK(osTimerStart(osTimerNew(early, osTimerOnce, started_early, NULL), 5) == osOK);
    start_checks();
    osKernelStart();
    return 1;
}
