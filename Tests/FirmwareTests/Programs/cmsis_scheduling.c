/* Who runs when, on a single core: the highest priority, before the call returns that made it ready. */
#include "cmsis_check.h"

static char order[128];
static osSemaphoreId_t semaphore;
static osThreadId_t high;

static void note(const char *what) { strcat(order, what); }

static void is_high(void *argument)
{
    (void)argument;
    note("starts ");
    while (osSemaphoreAcquire(semaphore, osWaitForever) == osOK)
        note("high ");
    note("deleted ");
}

static void is_low(void *argument)
{
    (void)argument;
    note("low ");
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osSemaphoreRelease(semaphore) == osOK);
    note("interrupt ");
}

static void so(const char *expected)
{
    if (strcmp(order, expected) != 0)
        printf("%s instead of %s\n", order, expected);
    order[0] = 0;
}

static void checks(void)
{
    osThreadId_t low, own = osThreadGetId();

    semaphore = osSemaphoreNew(4, 0, NULL);
    high = start_thread(is_high, NULL, osPriorityAboveNormal);
    note("created ");
    so("starts created ");
    osSemaphoreRelease(semaphore);
    note("released ");
    so("high released ");

    CHECK(osKernelLock() == 0);
    osSemaphoreRelease(semaphore);
    note("locked ");
    CHECK(osKernelUnlock() == 1);
    note("unlocked ");
    so("locked high unlocked ");

    hil_interrupt_run(in_interrupt, NULL);
    note("thread ");
    so("interrupt high thread ");

    CHECK(osThreadSuspend(high) == osOK && osSemaphoreRelease(semaphore) == osOK);
    note("suspended ");
    CHECK(osThreadResume(high) == osOK);
    note("resumed ");
    so("suspended deleted resumed ");
    CHECK(osThreadJoin(high) == osOK && osSemaphoreAcquire(semaphore, 0) == osOK);

    semaphore = osSemaphoreNew(4, 0, NULL);
    high = start_thread(is_high, NULL, osPriorityAboveNormal);
    CHECK(osSemaphoreDelete(semaphore) == osOK);
    note("gone ");
    so("starts deleted gone ");
    CHECK(osThreadJoin(high) == osOK);
    semaphore = osSemaphoreNew(4, 0, NULL);

    low = start_thread(is_low, NULL, osPriorityBelowNormal);
    note("created ");
    osThreadYield();
    note("yielded ");
    CHECK(osThreadSetPriority(own, osPriorityLow) == osOK);
    note("lowered ");
    CHECK(osThreadSetPriority(own, osPriorityNormal) == osOK);
    so("created yielded low lowered ");
    CHECK(osThreadJoin(low) == osOK);

    low = start_thread(is_low, NULL, osPriorityBelowNormal);
    note("created ");
    CHECK(osThreadSetPriority(low, osPriorityHigh) == osOK);
    note("raised ");
    so("created low raised ");
    CHECK(osThreadJoin(low) == osOK);

    high = start_thread(is_high, NULL, osPriorityAboveNormal);
    CHECK(osSemaphoreDelete(semaphore) == osOK);
    CHECK(osThreadJoin(high) == osOK);
    so("starts deleted ");
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    start_checks();
    osKernelStart();
    return 1;
}
