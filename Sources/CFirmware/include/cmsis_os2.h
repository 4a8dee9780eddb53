// The CMSIS-RTOS2 interface, version 2.3, for firmware that runs as a Linux program.
//
// Threads are threads of the process, and by default they run in parallel, as on a multicore part. With
// `HIL_CPU=single` the ready thread of highest priority alone runs. In parallel, a thread that runs is suspended or
// terminated at its next call, for which whoever does that waits, a second at most; and a call after which others would run
// on one core, because it yields or makes them ready, gives them a tick's time.
//
// Calls that interrupts make: any thread of the process that is no thread of the kernel's counts as an interrupt once
// the kernel runs, and so does what `hil_interrupt_run` (hil_interrupt.h) runs.
//
// Memory that firmware provides: the control block's is used for the identifier, blocks of a memory pool lie where
// firmware wants them. Stacks and the storage of message queues are the library's own.
#ifndef CMSIS_OS2_H_
#define CMSIS_OS2_H_

#include <stddef.h>
#include <stdint.h>

#include "hil_interrupt.h"

#ifndef __NO_RETURN
#define __NO_RETURN __attribute__((__noreturn__))
#endif

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Answers

typedef enum {
    osOK = 0,
    // Something went wrong that no other code names.
    osError = -1,
    // What was waited for did not come in time.
    osErrorTimeout = -2,
    // It is not there, or not in the state for this.
    osErrorResource = -3,
    osErrorParameter = -4,
    osErrorNoMemory = -5,
    // Not for interrupts.
    osErrorISR = -6,
    osErrorSafetyClass = -7,
    osStatusReserved = 0x7FFFFFFF
} osStatus_t;

// The same for functions that answer flags: the highest bit says that it is an error.
#define osFlagsError 0x80000000U
#define osFlagsErrorUnknown 0xFFFFFFFFU
#define osFlagsErrorTimeout 0xFFFFFFFEU
#define osFlagsErrorResource 0xFFFFFFFDU
#define osFlagsErrorParameter 0xFFFFFFFCU
#define osFlagsErrorISR 0xFFFFFFFAU
#define osFlagsErrorSafetyClass 0xFFFFFFF9U

// The same for `osThreadGetClass` and `osThreadGetZone`.
#define osErrorId 0xFFFFFFFFU

// MARK: Times and options

// Times are in ticks. 0 does not wait.
#define osWaitForever 0xFFFFFFFFU

#define osFlagsWaitAny 0x00000000U
#define osFlagsWaitAll 0x00000001U
#define osFlagsNoClear 0x00000002U

// MARK: Kernel

typedef struct {
    // 2.3.0 is 20030000.
    uint32_t api;
    uint32_t kernel;
} osVersion_t;

typedef enum {
    osKernelInactive = 0,
    osKernelReady = 1,
    osKernelRunning = 2,
    osKernelLocked = 3,
    osKernelSuspended = 4,
    osKernelError = -1,
    osKernelReserved = 0x7FFFFFFF
} osKernelState_t;

osStatus_t osKernelInitialize(void);
// The name is cut to `id_size` bytes. Each pointer may be NULL.
osStatus_t osKernelGetInfo(osVersion_t *version, char *id_buf, uint32_t id_size);
osKernelState_t osKernelGetState(void);
// Does not return unless it fails.
osStatus_t osKernelStart(void);
// The three answer 1 for locked, 0 for not, or a status below 0: `osKernelLock` and `osKernelUnlock` what it was
// before, `osKernelRestoreLock` what it is now.
int32_t osKernelLock(void);
int32_t osKernelUnlock(void);
int32_t osKernelRestoreLock(int32_t lock);
// Stops the scheduler. Answers the ticks until the next delay or timer ends.
uint32_t osKernelSuspend(void);
// So many ticks have passed since then: what is missing of them is waited for, since time goes on by itself.
void osKernelResume(uint32_t sleep_ticks);
uint32_t osKernelGetTickCount(void);
// Ticks in a second.
uint32_t osKernelGetTickFreq(void);
// A faster clock than the ticks, and how often it counts in a second.
uint32_t osKernelGetSysTimerCount(void);
uint32_t osKernelGetSysTimerFreq(void);

// MARK: Threads

typedef void *osThreadId_t;
typedef void (*osThreadFunc_t)(void *argument);

typedef enum {
    osThreadInactive = 0,
    osThreadReady = 1,
    osThreadRunning = 2,
    osThreadBlocked = 3,
    osThreadTerminated = 4,
    osThreadError = -1,
    osThreadReserved = 0x7FFFFFFF
} osThreadState_t;

// A higher number goes first.
typedef enum {
    osPriorityNone = 0,
    osPriorityIdle = 1,
    osPriorityLow = 8,
    osPriorityLow1 = 9, osPriorityLow2 = 10, osPriorityLow3 = 11, osPriorityLow4 = 12,
    osPriorityLow5 = 13, osPriorityLow6 = 14, osPriorityLow7 = 15,
    osPriorityBelowNormal = 16,
    osPriorityBelowNormal1 = 17, osPriorityBelowNormal2 = 18, osPriorityBelowNormal3 = 19, osPriorityBelowNormal4 = 20,
    osPriorityBelowNormal5 = 21, osPriorityBelowNormal6 = 22, osPriorityBelowNormal7 = 23,
    osPriorityNormal = 24,
    osPriorityNormal1 = 25, osPriorityNormal2 = 26, osPriorityNormal3 = 27, osPriorityNormal4 = 28,
    osPriorityNormal5 = 29, osPriorityNormal6 = 30, osPriorityNormal7 = 31,
    osPriorityAboveNormal = 32,
    osPriorityAboveNormal1 = 33, osPriorityAboveNormal2 = 34, osPriorityAboveNormal3 = 35, osPriorityAboveNormal4 = 36,
    osPriorityAboveNormal5 = 37, osPriorityAboveNormal6 = 38, osPriorityAboveNormal7 = 39,
    osPriorityHigh = 40,
    osPriorityHigh1 = 41, osPriorityHigh2 = 42, osPriorityHigh3 = 43, osPriorityHigh4 = 44,
    osPriorityHigh5 = 45, osPriorityHigh6 = 46, osPriorityHigh7 = 47,
    osPriorityRealtime = 48,
    osPriorityRealtime1 = 49, osPriorityRealtime2 = 50, osPriorityRealtime3 = 51, osPriorityRealtime4 = 52,
    osPriorityRealtime5 = 53, osPriorityRealtime6 = 54, osPriorityRealtime7 = 55,
    osPriorityISR = 56,
    osPriorityError = -1,
    osPriorityReserved = 0x7FFFFFFF
} osPriority_t;

#define osThreadDetached 0x00000000U
#define osThreadJoinable 0x00000001U
#define osThreadUnprivileged 0x00000002U
#define osThreadPrivileged 0x00000004U

#define osThreadZone_Pos 8U
#define osThreadZone_Msk (0x3FUL << osThreadZone_Pos)
#define osThreadZone_Valid (0x80UL << osThreadZone_Pos)
#define osThreadZone(n) ((((n) << osThreadZone_Pos) & osThreadZone_Msk) | osThreadZone_Valid)

#define osThreadProcessor(n) (1UL << (n))

// For the `attr_bits` of every object.
#define osSafetyClass_Pos 16U
#define osSafetyClass_Msk (0x0FUL << osSafetyClass_Pos)
#define osSafetyClass_Valid (0x10UL << osSafetyClass_Pos)
#define osSafetyClass(n) ((((n) << osSafetyClass_Pos) & osSafetyClass_Msk) | osSafetyClass_Valid)

#define osSafetyWithSameClass 0x00000001U
#define osSafetyWithLowerClass 0x00000002U

#ifndef TZ_MODULEID_T
#define TZ_MODULEID_T
typedef uint32_t TZ_ModuleId_t;
#endif

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
    void *stack_mem;
    uint32_t stack_size;
    // `osPriorityNone` stands for `osPriorityNormal`.
    osPriority_t priority;
    TZ_ModuleId_t tz_module;
    uint32_t affinity_mask;
    // What `affinity_mask` was called until 2.2: not looked at, there for firmware that names it.
    uint32_t reserved;
} osThreadAttr_t;

osThreadId_t osThreadNew(osThreadFunc_t func, void *argument, const osThreadAttr_t *attr);
// In parallel also of a thread that has just ended.
const char *osThreadGetName(osThreadId_t thread_id);
osThreadId_t osThreadGetId(void);
osThreadState_t osThreadGetState(osThreadId_t thread_id);
uint32_t osThreadGetStackSize(osThreadId_t thread_id);
uint32_t osThreadGetStackSpace(osThreadId_t thread_id);
osStatus_t osThreadSetPriority(osThreadId_t thread_id, osPriority_t priority);
osPriority_t osThreadGetPriority(osThreadId_t thread_id);
osStatus_t osThreadYield(void);
// A wait that it is in ends as if its time were over, once the thread is resumed.
osStatus_t osThreadSuspend(osThreadId_t thread_id);
// Ends a suspension, or whatever else the thread waits for.
osStatus_t osThreadResume(osThreadId_t thread_id);
osStatus_t osThreadDetach(osThreadId_t thread_id);
osStatus_t osThreadJoin(osThreadId_t thread_id);
__NO_RETURN void osThreadExit(void);
osStatus_t osThreadTerminate(osThreadId_t thread_id);
uint32_t osThreadGetCount(void);
uint32_t osThreadEnumerate(osThreadId_t *thread_array, uint32_t array_items);

// MARK: Thread flags

// Bits 0 to 30 of each thread.
uint32_t osThreadFlagsSet(osThreadId_t thread_id, uint32_t flags);
uint32_t osThreadFlagsClear(uint32_t flags);
uint32_t osThreadFlagsGet(void);
uint32_t osThreadFlagsWait(uint32_t flags, uint32_t options, uint32_t timeout);

// MARK: Generic wait

osStatus_t osDelay(uint32_t ticks);
// At most 0x7FFFFFFF ticks ahead.
osStatus_t osDelayUntil(uint32_t ticks);

// MARK: Timers

typedef void *osTimerId_t;
typedef void (*osTimerFunc_t)(void *argument);

typedef enum { osTimerOnce = 0, osTimerPeriodic = 1 } osTimerType_t;

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
} osTimerAttr_t;

// The callback runs in the timers' thread, of priority `osPriorityHigh`.
osTimerId_t osTimerNew(osTimerFunc_t func, osTimerType_t type, void *argument, const osTimerAttr_t *attr);
const char *osTimerGetName(osTimerId_t timer_id);
osStatus_t osTimerStart(osTimerId_t timer_id, uint32_t ticks);
osStatus_t osTimerStop(osTimerId_t timer_id);
uint32_t osTimerIsRunning(osTimerId_t timer_id);
osStatus_t osTimerDelete(osTimerId_t timer_id);

// MARK: Event flags

typedef void *osEventFlagsId_t;

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
} osEventFlagsAttr_t;

// Bits 0 to 30.
osEventFlagsId_t osEventFlagsNew(const osEventFlagsAttr_t *attr);
const char *osEventFlagsGetName(osEventFlagsId_t ef_id);
uint32_t osEventFlagsSet(osEventFlagsId_t ef_id, uint32_t flags);
uint32_t osEventFlagsClear(osEventFlagsId_t ef_id, uint32_t flags);
uint32_t osEventFlagsGet(osEventFlagsId_t ef_id);
uint32_t osEventFlagsWait(osEventFlagsId_t ef_id, uint32_t flags, uint32_t options, uint32_t timeout);
osStatus_t osEventFlagsDelete(osEventFlagsId_t ef_id);

// MARK: Mutexes

typedef void *osMutexId_t;

// Every mutex lends its owner the priority of those who wait, and is freed when its owner ends, asked for or not.
#define osMutexRecursive 0x00000001U
#define osMutexPrioInherit 0x00000002U
#define osMutexRobust 0x00000008U

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
} osMutexAttr_t;

osMutexId_t osMutexNew(const osMutexAttr_t *attr);
const char *osMutexGetName(osMutexId_t mutex_id);
osStatus_t osMutexAcquire(osMutexId_t mutex_id, uint32_t timeout);
osStatus_t osMutexRelease(osMutexId_t mutex_id);
osThreadId_t osMutexGetOwner(osMutexId_t mutex_id);
osStatus_t osMutexDelete(osMutexId_t mutex_id);

// MARK: Semaphores

typedef void *osSemaphoreId_t;

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
} osSemaphoreAttr_t;

osSemaphoreId_t osSemaphoreNew(uint32_t max_count, uint32_t initial_count, const osSemaphoreAttr_t *attr);
const char *osSemaphoreGetName(osSemaphoreId_t semaphore_id);
osStatus_t osSemaphoreAcquire(osSemaphoreId_t semaphore_id, uint32_t timeout);
osStatus_t osSemaphoreRelease(osSemaphoreId_t semaphore_id);
uint32_t osSemaphoreGetCount(osSemaphoreId_t semaphore_id);
osStatus_t osSemaphoreDelete(osSemaphoreId_t semaphore_id);

// MARK: Memory pools

typedef void *osMemoryPoolId_t;

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
    void *mp_mem;
    uint32_t mp_size;
} osMemoryPoolAttr_t;

// Blocks lie below 4 GiB, where the machine has room there, unless firmware provides the memory.
osMemoryPoolId_t osMemoryPoolNew(uint32_t block_count, uint32_t block_size, const osMemoryPoolAttr_t *attr);
const char *osMemoryPoolGetName(osMemoryPoolId_t mp_id);
void *osMemoryPoolAlloc(osMemoryPoolId_t mp_id, uint32_t timeout);
osStatus_t osMemoryPoolFree(osMemoryPoolId_t mp_id, void *block);
uint32_t osMemoryPoolGetCapacity(osMemoryPoolId_t mp_id);
// What was asked for, rounded up to a multiple of 4.
uint32_t osMemoryPoolGetBlockSize(osMemoryPoolId_t mp_id);
uint32_t osMemoryPoolGetCount(osMemoryPoolId_t mp_id);
uint32_t osMemoryPoolGetSpace(osMemoryPoolId_t mp_id);
osStatus_t osMemoryPoolDelete(osMemoryPoolId_t mp_id);

// MARK: Message queues

typedef void *osMessageQueueId_t;

typedef struct {
    const char *name;
    uint32_t attr_bits;
    void *cb_mem;
    uint32_t cb_size;
    void *mq_mem;
    uint32_t mq_size;
} osMessageQueueAttr_t;

osMessageQueueId_t osMessageQueueNew(uint32_t msg_count, uint32_t msg_size, const osMessageQueueAttr_t *attr);
const char *osMessageQueueGetName(osMessageQueueId_t mq_id);
osStatus_t osMessageQueuePut(osMessageQueueId_t mq_id, const void *msg_ptr, uint8_t msg_prio, uint32_t timeout);
osStatus_t osMessageQueueGet(osMessageQueueId_t mq_id, void *msg_ptr, uint8_t *msg_prio, uint32_t timeout);
uint32_t osMessageQueueGetCapacity(osMessageQueueId_t mq_id);
uint32_t osMessageQueueGetMsgSize(osMessageQueueId_t mq_id);
uint32_t osMessageQueueGetCount(osMessageQueueId_t mq_id);
uint32_t osMessageQueueGetSpace(osMessageQueueId_t mq_id);
osStatus_t osMessageQueueReset(osMessageQueueId_t mq_id);
osStatus_t osMessageQueueDelete(osMessageQueueId_t mq_id);

#include "hil_cmsis_pointers.h"

// MARK: Functional safety and multicore

// Without safety classes, zones and watchdogs, which need a part's memory protection, these answer `osError` or
// `osErrorId`, as an implementation without them does. Affinity masks are not kept.
osStatus_t osKernelProtect(uint32_t safety_class);
osStatus_t osKernelDestroyClass(uint32_t safety_class, uint32_t mode);
uint32_t osThreadGetClass(osThreadId_t thread_id);
uint32_t osThreadGetZone(osThreadId_t thread_id);
osStatus_t osThreadFeedWatchdog(uint32_t ticks);
osStatus_t osThreadProtectPrivileged(void);
osStatus_t osThreadSuspendClass(uint32_t safety_class, uint32_t mode);
osStatus_t osThreadResumeClass(uint32_t safety_class, uint32_t mode);
osStatus_t osThreadTerminateZone(uint32_t zone);
osStatus_t osThreadSetAffinityMask(osThreadId_t thread_id, uint32_t affinity_mask);
uint32_t osThreadGetAffinityMask(osThreadId_t thread_id);
void osFaultResume(void);

// Firmware's own, never called here.
uint32_t osWatchdogAlarm_Handler(osThreadId_t thread_id);
void osZoneSetup_Callback(uint32_t zone);

#ifdef __cplusplus
}
#endif

#endif
