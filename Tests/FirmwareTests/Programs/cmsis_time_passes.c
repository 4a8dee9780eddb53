/* On a single core a loop on any call of CMSIS-RTOS2 lets time pass, and those of higher priority in. */
#include <signal.h>
#include <unistd.h>

#include "cmsis_check.h"

static volatile int has_passed;
static const char *volatile call_name = "";
static osThreadId_t clock_thread;

static void tells(int signal)
{
    (void)signal;
    printf("no time passes in %s\n", call_name);
    fflush(stdout);
    _Exit(1);
}

static void counts(void *argument)
{
    (void)argument;
    while (osThreadFlagsWait(1, osFlagsWaitAny, osWaitForever) == 1) {
        osDelay(2);
        has_passed = 1;
    }
}

static void waits(void *argument)
{
    (void)argument;
    osThreadFlagsWait(1, osFlagsWaitAny, osWaitForever);
}

static void timer_function(void *argument) { (void)argument; }

#define LOOP(call)                         \
    do {                                   \
        has_passed = 0;                    \
        call_name = #call;                 \
        osThreadFlagsSet(clock_thread, 1); \
        while (!has_passed)                \
            (void)(call);                  \
    } while (0)

static void checks(void)
{
    osThreadId_t own = osThreadGetId(), other, list[4];
    osSemaphoreId_t semaphore = osSemaphoreNew(1, 0, NULL);
    osMutexId_t mutex = osMutexNew(NULL);
    osEventFlagsId_t flags = osEventFlagsNew(NULL);
    osMemoryPoolId_t pool = osMemoryPoolNew(1, 8, NULL);
    osMessageQueueId_t queue = osMessageQueueNew(1, 8, NULL);
    osTimerId_t timer = osTimerNew(timer_function, osTimerOnce, NULL, NULL);
    char name[8];
    osVersion_t version;
    uint64_t message = 0;

    clock_thread = start_thread(counts, NULL, osPriorityHigh);
    other = start_thread(waits, NULL, osPriorityHigh);
    signal(SIGALRM, tells);
    alarm(60);

    LOOP(osKernelGetState());
    LOOP(osKernelGetInfo(&version, name, sizeof name));
    LOOP(osKernelGetTickCount());
    LOOP(osKernelGetTickFreq());
    LOOP(osKernelGetSysTimerCount());
    LOOP(osKernelGetSysTimerFreq());
    LOOP(osKernelInitialize());
    LOOP((osKernelLock(), osKernelUnlock()));
    LOOP(osThreadGetId());
    LOOP(osThreadGetName(other));
    LOOP(osThreadGetState(other));
    LOOP(osThreadGetPriority(other));
    LOOP(osThreadGetStackSize(other));
    LOOP(osThreadGetStackSpace(other));
    LOOP(osThreadGetCount());
    LOOP(osThreadEnumerate(list, 4));
    LOOP(osThreadSetPriority(own, osPriorityNormal));
    LOOP(osThreadYield());
    LOOP(osThreadResume(own));
    LOOP(osThreadDetach(NULL));
    LOOP(osThreadJoin(own));
    LOOP(osThreadFlagsGet());
    LOOP(osThreadFlagsClear(1));
    LOOP(osThreadFlagsSet(own, 1));
    LOOP(osThreadFlagsWait(2, osFlagsWaitAny, 0));
    LOOP(osDelay(0));
    LOOP(osDelayUntil(0));
    LOOP(osTimerGetName(timer));
    LOOP(osTimerIsRunning(timer));
    LOOP(osTimerStart(timer, 1000000));
    LOOP(osTimerStop(timer));
    LOOP(osEventFlagsGetName(flags));
    LOOP(osEventFlagsGet(flags));
    LOOP(osEventFlagsClear(flags, 1));
    LOOP(osEventFlagsSet(flags, 1));
    LOOP(osEventFlagsWait(flags, 2, osFlagsWaitAny, 0));
    LOOP(osMutexGetName(mutex));
    LOOP(osMutexGetOwner(mutex));
    LOOP(osMutexRelease(mutex));
    LOOP(osMutexAcquire(mutex, 0));
    LOOP(osSemaphoreGetName(semaphore));
    LOOP(osSemaphoreGetCount(semaphore));
    LOOP(osSemaphoreAcquire(semaphore, 0));
    LOOP(osSemaphoreRelease(semaphore));
    LOOP(osMemoryPoolGetName(pool));
    LOOP(osMemoryPoolGetCapacity(pool));
    LOOP(osMemoryPoolGetBlockSize(pool));
    LOOP(osMemoryPoolGetCount(pool));
    LOOP(osMemoryPoolGetSpace(pool));
    LOOP(osMemoryPoolFree(pool, NULL));
    LOOP(osMemoryPoolAlloc(pool, 0));
    LOOP(osMessageQueueGetName(queue));
    LOOP(osMessageQueueGetCapacity(queue));
    LOOP(osMessageQueueGetMsgSize(queue));
    LOOP(osMessageQueueGetCount(queue));
    LOOP(osMessageQueueGetSpace(queue));
    LOOP(osMessageQueueReset(queue));
    LOOP(osMessageQueueGet(queue, &message, NULL, 0));
    LOOP(osMessageQueuePut(queue, &message, 0, 0));
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    start_checks();
    osKernelStart();
    return 1;
}
