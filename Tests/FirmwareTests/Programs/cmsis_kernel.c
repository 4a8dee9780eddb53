/* The kernel's states, its lock, and time. */
#include <pthread.h>

#include "cmsis_check.h"

static void in_interrupt(void *argument)
{
    *(int *)argument = 1;
    CHECK(osKernelInitialize() == osErrorISR && osKernelStart() == osErrorISR);
    CHECK(osKernelLock() == osErrorISR && osKernelUnlock() == osErrorISR && osKernelRestoreLock(0) == osErrorISR);
    CHECK(osKernelSuspend() == 0);
    CHECK(osKernelGetState() == osKernelRunning && osKernelGetTickFreq() == 1000);
    (void)osKernelGetTickCount();
    CHECK(osKernelProtect(0) == osErrorISR && osThreadSuspendClass(0, 0) == osErrorISR);
}

static void *foreign(void *argument)
{
    in_interrupt(argument);
    return NULL;
}

static void information(void)
{
    osVersion_t version = {0, 0};
    char name[64], four[4];

    CHECK(osKernelGetInfo(&version, name, sizeof name) == osOK);
    CHECK(version.api == 20030000 && version.kernel > 0 && strstr(name, "hilbridge") == name);
    CHECK(osKernelGetInfo(NULL, four, sizeof four) == osOK && strcmp(four, "hil") == 0);
    CHECK(osKernelGetInfo(NULL, NULL, 0) == osOK);
}

static void lock(void)
{
    CHECK(osKernelLock() == 0 && osKernelGetState() == osKernelLocked);
    CHECK(osKernelLock() == 1);
    CHECK(osDelay(1) == osError);
    CHECK(osThreadFlagsWait(1, osFlagsWaitAny, 1) == osFlagsErrorTimeout);
    CHECK(osKernelUnlock() == 1 && osKernelGetState() == osKernelRunning);
    CHECK(osKernelUnlock() == 0);
    CHECK(osKernelRestoreLock(1) == 1 && osKernelGetState() == osKernelLocked);
    CHECK(osKernelRestoreLock(0) == 0 && osKernelGetState() == osKernelRunning);
    CHECK(osKernelRestoreLock(2) == osError);
}

static void sleeper(void *argument)
{
    (void)argument;
    osDelay(5000);
}

static void suspension(void)
{
    osThreadId_t thread;
    uint32_t ticks;

    CHECK(osKernelSuspend() == osWaitForever);
    CHECK(osKernelGetState() == osKernelSuspended && osKernelSuspend() == 0);
    CHECK(osKernelLock() == osError && osKernelUnlock() == osError && osKernelRestoreLock(0) == osError);
    osKernelResume(1);
    CHECK(osKernelGetState() == osKernelRunning);
    osKernelResume(1);

    thread = start_thread(sleeper, NULL, osPriorityNormal);
    until_blocked(thread);
    ticks = osKernelSuspend();
    CHECK(ticks > 0 && ticks <= 5000);
    osKernelResume(0);
    CHECK(osThreadTerminate(thread) == osOK);

    /* What is said to have passed has. */
    ticks = osKernelGetTickCount();
    (void)osKernelSuspend();
    osKernelResume(20);
    CHECK(osKernelGetTickCount() - ticks >= 20);
    (void)osKernelSuspend();
    osKernelResume(osWaitForever);
}

static void time_passes(void)
{
    uint32_t tick = osKernelGetTickCount(), count = osKernelGetSysTimerCount();

    CHECK(osKernelGetTickFreq() == 1000 && osKernelGetSysTimerFreq() >= 1000);
    while (osKernelGetTickCount() == tick) {
    }
    tick = osKernelGetTickCount();
    CHECK(osDelay(3) == osOK && osKernelGetTickCount() - tick >= 3);
    CHECK(osKernelGetSysTimerCount() != count);
}

static void checks(void)
{
    pthread_t thread;
    int was_there = 0;

    CHECK(osKernelGetState() == osKernelRunning);
    CHECK(osKernelInitialize() == osError && osKernelStart() == osError);
    information();
    lock();
    suspension();
    time_passes();
    hil_interrupt_run(in_interrupt, &was_there);
    CHECK(was_there == 1);
    /* Any thread that the kernel does not know is an interrupt. */
    was_there = 0;
    CHECK(pthread_create(&thread, NULL, foreign, &was_there) == 0);
    CHECK(pthread_join(thread, NULL) == 0 && was_there == 1);

    CHECK(osKernelProtect(0) == osError && osKernelDestroyClass(0, 0) == osError);
    CHECK(osThreadGetClass(osThreadGetId()) == osErrorId && osThreadGetZone(osThreadGetId()) == osErrorId);
    CHECK(osThreadFeedWatchdog(1) == osError && osThreadProtectPrivileged() == osError);
    CHECK(osThreadSuspendClass(0, 0) == osError && osThreadResumeClass(0, 0) == osError);
    CHECK(osThreadTerminateZone(0) == osError);
    CHECK(osThreadSetAffinityMask(osThreadGetId(), 1) == osError && osThreadGetAffinityMask(osThreadGetId()) == 0);
}

int main(void)
{
    CHECK(osKernelGetState() == osKernelInactive && osKernelStart() == osError);
    CHECK(osKernelLock() == osError && osKernelUnlock() == osError && osKernelSuspend() == 0);
    CHECK(osKernelGetTickCount() == 0);
    CHECK(osKernelInitialize() == osOK && osKernelGetState() == osKernelReady && osKernelInitialize() == osOK);
    CHECK(osDelay(1) == osError && osThreadGetId() == NULL);
    start_checks();
    osKernelStart();
    return 1;
}
