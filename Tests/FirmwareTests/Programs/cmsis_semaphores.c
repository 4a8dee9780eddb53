/* Semaphores, and each answer. */
#include "cmsis_check.h"

static osSemaphoreId_t semaphore;
static uint32_t order;

static void acquires(void *argument)
{
    CHECK(osSemaphoreAcquire(semaphore, osWaitForever) == osOK);
    order = order * 10 + (uint32_t)(uintptr_t)argument;
}

static void is_refused(void *argument)
{
    *(osStatus_t *)argument = osSemaphoreAcquire(semaphore, osWaitForever);
}

static void creation(void)
{
    static uint64_t memory[8];
    osSemaphoreAttr_t attributes = {.name = "tokens", .cb_mem = memory, .cb_size = sizeof memory};

    CHECK(osSemaphoreNew(0, 0, NULL) == NULL && osSemaphoreNew(1, 2, NULL) == NULL);
    semaphore = osSemaphoreNew(2, 1, &attributes);
    CHECK(semaphore == memory && strcmp(osSemaphoreGetName(semaphore), "tokens") == 0);
    CHECK(osSemaphoreGetName(NULL) == NULL && osSemaphoreGetCount(NULL) == 0);
    /* The caller's memory is only a token where it is not aligned for more. */
    attributes.cb_mem = (char *)memory + 4;
    attributes.cb_size = 16;
    CHECK(osSemaphoreDelete(osSemaphoreNew(1, 0, &attributes)) == osOK);
    attributes.cb_mem = NULL;
    CHECK(osSemaphoreNew(1, 0, &attributes) == NULL);
}

static void tokens(void)
{
    osThreadId_t low, high;

    CHECK(osSemaphoreGetCount(semaphore) == 1);
    CHECK(osSemaphoreRelease(semaphore) == osOK && osSemaphoreRelease(semaphore) == osErrorResource);
    CHECK(osSemaphoreAcquire(semaphore, 0) == osOK && osSemaphoreAcquire(semaphore, osWaitForever) == osOK);
    CHECK(osSemaphoreAcquire(semaphore, 0) == osErrorResource && osSemaphoreAcquire(semaphore, 2) == osErrorTimeout);
    CHECK(osSemaphoreAcquire(NULL, 0) == osErrorParameter && osSemaphoreRelease(NULL) == osErrorParameter);
    CHECK(osSemaphoreAcquire(osThreadGetId(), 0) == osErrorParameter);

    low = start_thread(acquires, (void *)1, osPriorityBelowNormal);
    until_blocked(low);
    high = start_thread(acquires, (void *)2, osPriorityAboveNormal);
    until_blocked(high);
    /* The token goes to the waiting thread: the count does not move. */
    CHECK(osSemaphoreRelease(semaphore) == osOK && osSemaphoreGetCount(semaphore) == 0);
    CHECK(osThreadJoin(high) == osOK && order == 2);
    CHECK(osSemaphoreRelease(semaphore) == osOK && osThreadJoin(low) == osOK && order == 21);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osSemaphoreNew(1, 0, NULL) == NULL && osSemaphoreDelete(semaphore) == osErrorISR);
    CHECK(osSemaphoreRelease(semaphore) == osOK && osSemaphoreGetCount(semaphore) == 1);
    CHECK(osSemaphoreAcquire(semaphore, 0) == osOK && osSemaphoreAcquire(semaphore, 0) == osErrorResource);
    CHECK(osSemaphoreAcquire(semaphore, 1) == osErrorParameter);
    CHECK(strcmp(osSemaphoreGetName(semaphore), "tokens") == 0);
}

static void deletion(void)
{
    osStatus_t status = osOK;
    osThreadId_t thread = start_thread(is_refused, &status, osPriorityNormal);

    until_blocked(thread);
    CHECK(osSemaphoreDelete(semaphore) == osOK && osSemaphoreDelete(semaphore) == osErrorParameter);
    CHECK(osThreadJoin(thread) == osOK && status == osErrorResource);
    CHECK(osSemaphoreRelease(semaphore) == osErrorParameter && osSemaphoreDelete(NULL) == osErrorParameter);
}

static void checks(void)
{
    tokens();
    hil_interrupt_run(in_interrupt, NULL);
    deletion();
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    creation();
    CHECK(osSemaphoreAcquire(semaphore, 1) == osOK && osSemaphoreAcquire(semaphore, 1) == osErrorTimeout);
    CHECK(osSemaphoreRelease(semaphore) == osOK);
    start_checks();
    osKernelStart();
    return 1;
}
