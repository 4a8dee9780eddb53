/* Mutexes, and each answer. */
#include "cmsis_check.h"

static osThreadId_t checker;
static osMutexId_t mutex, recursive;
static volatile int tried;

static void acquires(void *argument)
{
    osStatus_t *status = argument;

    status[0] = osMutexAcquire(mutex, 0);
    status[1] = osMutexAcquire(mutex, 2);
    status[2] = osMutexRelease(mutex);
    tried = 1;
    status[3] = osMutexAcquire(mutex, osWaitForever);
}

static void creation(void)
{
    static uint64_t memory[8];
    osMutexAttr_t attributes = {.name = "mutex", .cb_mem = memory, .cb_size = 8};

    CHECK(osMutexNew(&attributes) == NULL);
    attributes.cb_size = sizeof memory;
    mutex = osMutexNew(&attributes);
    CHECK(mutex == memory && strcmp(osMutexGetName(mutex), "mutex") == 0 && osMutexGetName(NULL) == NULL);
    attributes = (osMutexAttr_t){.attr_bits = osMutexRecursive | osMutexPrioInherit};
    recursive = osMutexNew(&attributes);
    CHECK(recursive != NULL && osMutexGetName(recursive) == NULL);
}

static void ownership(void)
{
    osStatus_t status[4];
    osThreadId_t thread;

    CHECK(osMutexGetOwner(mutex) == NULL && osMutexGetOwner(NULL) == NULL);
    CHECK(osMutexAcquire(NULL, 0) == osErrorParameter && osMutexRelease(NULL) == osErrorParameter);
    CHECK(osMutexRelease(mutex) == osErrorResource);
    CHECK(osMutexAcquire(mutex, 0) == osOK && osMutexGetOwner(mutex) == checker);
    CHECK(osMutexAcquire(mutex, 0) == osErrorResource && osMutexAcquire(mutex, 2) == osErrorTimeout);

    thread = start_thread(acquires, status, osPriorityAboveNormal);
    while (!tried)
        osDelay(1);
    /* While it waits, the owner has its priority. */
    until_blocked(thread);
    while (osThreadGetPriority(checker) != osPriorityAboveNormal)
        osDelay(1);
    CHECK(osMutexRelease(mutex) == osOK && osThreadGetPriority(checker) == osPriorityNormal);
    CHECK(osThreadJoin(thread) == osOK);
    CHECK(status[0] == osErrorResource && status[1] == osErrorTimeout);
    CHECK(status[2] == osErrorResource && status[3] == osOK);
    /* It ended as the owner; then the mutex is free. */
    CHECK(osMutexGetOwner(mutex) == NULL && osMutexAcquire(mutex, 0) == osOK && osMutexRelease(mutex) == osOK);
}

static void recursion(void)
{
    CHECK(osMutexAcquire(recursive, 0) == osOK && osMutexAcquire(recursive, osWaitForever) == osOK);
    CHECK(osMutexRelease(recursive) == osOK && osMutexGetOwner(recursive) == checker);
    CHECK(osMutexRelease(recursive) == osOK && osMutexGetOwner(recursive) == NULL);
    CHECK(osMutexRelease(recursive) == osErrorResource);
}

static void waits_to_the_end(void *argument)
{
    *(osStatus_t *)argument = osMutexAcquire(recursive, osWaitForever);
}

static void deletion(void)
{
    osStatus_t status = osOK;
    osThreadId_t thread;

    CHECK(osMutexAcquire(recursive, 0) == osOK);
    thread = start_thread(waits_to_the_end, &status, osPriorityNormal);
    until_blocked(thread);
    CHECK(osMutexDelete(recursive) == osOK && osMutexDelete(recursive) == osErrorParameter);
    CHECK(osThreadJoin(thread) == osOK && status == osErrorResource);
    CHECK(osMutexAcquire(recursive, 0) == osErrorParameter && osMutexDelete(NULL) == osErrorParameter);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osMutexNew(NULL) == NULL && osMutexDelete(mutex) == osErrorISR && osMutexRelease(mutex) == osErrorISR);
    CHECK(osMutexGetOwner(mutex) == NULL && strcmp(osMutexGetName(mutex), "mutex") == 0);
    CHECK(osMutexAcquire(mutex, 0) == osErrorISR);
}

static void checks(void)
{
    checker = osThreadGetId();
    ownership();
    recursion();
    deletion();
    CHECK(osMutexAcquire(mutex, 0) == osOK);
    hil_interrupt_run(in_interrupt, NULL);
    CHECK(osMutexRelease(mutex) == osOK && osMutexDelete(mutex) == osOK);
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    creation();
    CHECK(osMutexAcquire(mutex, 0) == osError && osMutexRelease(mutex) == osError);
    start_checks();
    osKernelStart();
    return 1;
}
