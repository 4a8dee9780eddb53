// FreeRTOS tasks: their life, delays, notifications, and the scheduler.
#ifndef INC_FREERTOS_H
#include "FreeRTOS.h"
#endif
#ifndef INC_TASK_H
#define INC_TASK_H

#ifdef __cplusplus
extern "C" {
#endif

#define tskKERNEL_VERSION_NUMBER "V11.1.0"
#define tskKERNEL_VERSION_MAJOR 11
#define tskKERNEL_VERSION_MINOR 1
#define tskKERNEL_VERSION_BUILD 0

#define tskIDLE_PRIORITY ((UBaseType_t)0U)
#define tskNO_AFFINITY ((UBaseType_t)-1)
#define tskDEFAULT_INDEX_TO_NOTIFY (0)

struct tskTaskControlBlock;
typedef struct tskTaskControlBlock *TaskHandle_t;
typedef const struct tskTaskControlBlock *ConstTaskHandle_t;
typedef BaseType_t (*TaskHookFunction_t)(void *arg);

typedef enum { eRunning = 0, eReady, eBlocked, eSuspended, eDeleted, eInvalid } eTaskState;

typedef enum {
    eNoAction = 0,
    eSetBits,
    eIncrement,
    eSetValueWithOverwrite,
    eSetValueWithoutOverwrite
} eNotifyAction;

typedef struct xTIME_OUT {
    BaseType_t xOverflowCount;
    TickType_t xTimeOnEntering;
} TimeOut_t;

typedef struct xTASK_STATUS {
    TaskHandle_t xHandle;
    const char *pcTaskName;
    UBaseType_t xTaskNumber;
    eTaskState eCurrentState;
    UBaseType_t uxCurrentPriority;
    UBaseType_t uxBasePriority;
    configRUN_TIME_COUNTER_TYPE ulRunTimeCounter;
    StackType_t *pxStackBase;
    uint32_t usStackHighWaterMark;
} TaskStatus_t;

// The stack depth is taken and not used: a task has a thread's stack, which grows as it is touched.
BaseType_t xTaskCreate(
    TaskFunction_t pxTaskCode, const char *const pcName, const size_t uxStackDepth, void *const pvParameters,
    UBaseType_t uxPriority, TaskHandle_t *const pxCreatedTask);
// The handle is the address of `pxTaskBuffer`. The stack is not used.
TaskHandle_t xTaskCreateStatic(
    TaskFunction_t pxTaskCode, const char *const pcName, const size_t uxStackDepth, void *const pvParameters,
    UBaseType_t uxPriority, StackType_t *const puxStackBuffer, StaticTask_t *const pxTaskBuffer);
// A task that runs is stopped at its next call. With tasks in parallel this waits for that, a second at most.
void vTaskDelete(TaskHandle_t xTaskToDelete);

void vTaskDelay(const TickType_t xTicksToDelay);
BaseType_t xTaskDelayUntil(TickType_t *const pxPreviousWakeTime, const TickType_t xTimeIncrement);
#define vTaskDelayUntil(pxPreviousWakeTime, xTimeIncrement) \
    do {                                                    \
        (void)xTaskDelayUntil((pxPreviousWakeTime), (xTimeIncrement)); \
    } while (0)
BaseType_t xTaskAbortDelay(TaskHandle_t xTask);

UBaseType_t uxTaskPriorityGet(const TaskHandle_t xTask);
UBaseType_t uxTaskPriorityGetFromISR(const TaskHandle_t xTask);
UBaseType_t uxTaskBasePriorityGet(const TaskHandle_t xTask);
UBaseType_t uxTaskBasePriorityGetFromISR(const TaskHandle_t xTask);
void vTaskPrioritySet(TaskHandle_t xTask, UBaseType_t uxNewPriority);
eTaskState eTaskGetState(TaskHandle_t xTask);
void vTaskGetInfo(TaskHandle_t xTask, TaskStatus_t *pxTaskStatus, BaseType_t xGetFreeStackSpace, eTaskState eState);

// As `vTaskDelete` does, it has a task that runs stop at its next call.
void vTaskSuspend(TaskHandle_t xTaskToSuspend);
void vTaskResume(TaskHandle_t xTaskToResume);
BaseType_t xTaskResumeFromISR(TaskHandle_t xTaskToResume);

// Returns when a task has called `vTaskEndScheduler`.
void vTaskStartScheduler(void);
void vTaskEndScheduler(void);
// On a single core no other task runs; in parallel those wait that call this as well.
void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);

#define taskSCHEDULER_SUSPENDED ((BaseType_t)0)
#define taskSCHEDULER_NOT_STARTED ((BaseType_t)1)
#define taskSCHEDULER_RUNNING ((BaseType_t)2)
BaseType_t xTaskGetSchedulerState(void);

TickType_t xTaskGetTickCount(void);
TickType_t xTaskGetTickCountFromISR(void);
UBaseType_t uxTaskGetNumberOfTasks(void);
char *pcTaskGetName(TaskHandle_t xTaskToQuery);
TaskHandle_t xTaskGetHandle(const char *pcNameToQuery);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
TaskHandle_t xTaskGetIdleTaskHandle(void);
BaseType_t xTaskGetStaticBuffers(
    TaskHandle_t xTask, StackType_t **ppuxStackBuffer, StaticTask_t **ppxTaskBuffer);
// Always some thousand words: a thread's stack is large.
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask);
size_t uxTaskGetStackHighWaterMark2(TaskHandle_t xTask);

void vTaskSetApplicationTaskTag(TaskHandle_t xTask, TaskHookFunction_t pxHookFunction);
TaskHookFunction_t xTaskGetApplicationTaskTag(TaskHandle_t xTask);
TaskHookFunction_t xTaskGetApplicationTaskTagFromISR(TaskHandle_t xTask);
BaseType_t xTaskCallApplicationTaskHook(TaskHandle_t xTask, void *pvParameter);
// Indices 0 to 15, whatever `configNUM_THREAD_LOCAL_STORAGE_POINTERS` says.
void vTaskSetThreadLocalStoragePointer(TaskHandle_t xTaskToSet, BaseType_t xIndex, void *pvValue);
void *pvTaskGetThreadLocalStoragePointer(TaskHandle_t xTaskToQuery, BaseType_t xIndex);

// Run times are not counted: they are 0.
UBaseType_t uxTaskGetSystemState(
    TaskStatus_t *const pxTaskStatusArray, const UBaseType_t uxArraySize, uint32_t *const pulTotalRunTime);
void vTaskListTasks(char *pcWriteBuffer, size_t uxBufferLength);
#define vTaskList(pcWriteBuffer) vTaskListTasks((pcWriteBuffer), 32768)

void vTaskSetTimeOutState(TimeOut_t *const pxTimeOut);
BaseType_t xTaskCheckForTimeOut(TimeOut_t *const pxTimeOut, TickType_t *const pxTicksToWait);

// Notifications. Every task has 16, whatever `configTASK_NOTIFICATION_ARRAY_ENTRIES` says.
BaseType_t xTaskGenericNotify(
    TaskHandle_t xTaskToNotify, UBaseType_t uxIndexToNotify, uint32_t ulValue, eNotifyAction eAction,
    uint32_t *pulPreviousNotificationValue);
BaseType_t xTaskGenericNotifyFromISR(
    TaskHandle_t xTaskToNotify, UBaseType_t uxIndexToNotify, uint32_t ulValue, eNotifyAction eAction,
    uint32_t *pulPreviousNotificationValue, BaseType_t *pxHigherPriorityTaskWoken);
void vTaskGenericNotifyGiveFromISR(
    TaskHandle_t xTaskToNotify, UBaseType_t uxIndexToNotify, BaseType_t *pxHigherPriorityTaskWoken);
BaseType_t xTaskGenericNotifyWait(
    UBaseType_t uxIndexToWaitOn, uint32_t ulBitsToClearOnEntry, uint32_t ulBitsToClearOnExit,
    uint32_t *pulNotificationValue, TickType_t xTicksToWait);
uint32_t ulTaskGenericNotifyTake(
    UBaseType_t uxIndexToWaitOn, BaseType_t xClearCountOnExit, TickType_t xTicksToWait);
BaseType_t xTaskGenericNotifyStateClear(TaskHandle_t xTask, UBaseType_t uxIndexToClear);
uint32_t ulTaskGenericNotifyValueClear(TaskHandle_t xTask, UBaseType_t uxIndexToClear, uint32_t ulBitsToClear);

#define xTaskNotify(xTask, ulValue, eAction) \
    xTaskGenericNotify((xTask), tskDEFAULT_INDEX_TO_NOTIFY, (ulValue), (eAction), NULL)
#define xTaskNotifyIndexed(xTask, uxIndex, ulValue, eAction) \
    xTaskGenericNotify((xTask), (uxIndex), (ulValue), (eAction), NULL)
#define xTaskNotifyAndQuery(xTask, ulValue, eAction, pulPrevious) \
    xTaskGenericNotify((xTask), tskDEFAULT_INDEX_TO_NOTIFY, (ulValue), (eAction), (pulPrevious))
#define xTaskNotifyAndQueryIndexed(xTask, uxIndex, ulValue, eAction, pulPrevious) \
    xTaskGenericNotify((xTask), (uxIndex), (ulValue), (eAction), (pulPrevious))
#define xTaskNotifyFromISR(xTask, ulValue, eAction, pxWoken) \
    xTaskGenericNotifyFromISR((xTask), tskDEFAULT_INDEX_TO_NOTIFY, (ulValue), (eAction), NULL, (pxWoken))
#define xTaskNotifyIndexedFromISR(xTask, uxIndex, ulValue, eAction, pxWoken) \
    xTaskGenericNotifyFromISR((xTask), (uxIndex), (ulValue), (eAction), NULL, (pxWoken))
#define xTaskNotifyAndQueryFromISR(xTask, ulValue, eAction, pulPrevious, pxWoken) \
    xTaskGenericNotifyFromISR((xTask), tskDEFAULT_INDEX_TO_NOTIFY, (ulValue), (eAction), (pulPrevious), (pxWoken))
#define xTaskNotifyAndQueryIndexedFromISR(xTask, uxIndex, ulValue, eAction, pulPrevious, pxWoken) \
    xTaskGenericNotifyFromISR((xTask), (uxIndex), (ulValue), (eAction), (pulPrevious), (pxWoken))
#define xTaskNotifyGive(xTask) xTaskGenericNotify((xTask), tskDEFAULT_INDEX_TO_NOTIFY, 0, eIncrement, NULL)
#define xTaskNotifyGiveIndexed(xTask, uxIndex) xTaskGenericNotify((xTask), (uxIndex), 0, eIncrement, NULL)
#define vTaskNotifyGiveFromISR(xTask, pxWoken) \
    vTaskGenericNotifyGiveFromISR((xTask), tskDEFAULT_INDEX_TO_NOTIFY, (pxWoken))
#define vTaskNotifyGiveIndexedFromISR(xTask, uxIndex, pxWoken) \
    vTaskGenericNotifyGiveFromISR((xTask), (uxIndex), (pxWoken))
#define xTaskNotifyWait(ulClearOnEntry, ulClearOnExit, pulValue, xTicksToWait) \
    xTaskGenericNotifyWait( \
        tskDEFAULT_INDEX_TO_NOTIFY, (ulClearOnEntry), (ulClearOnExit), (pulValue), (xTicksToWait))
#define xTaskNotifyWaitIndexed(uxIndex, ulClearOnEntry, ulClearOnExit, pulValue, xTicksToWait) \
    xTaskGenericNotifyWait((uxIndex), (ulClearOnEntry), (ulClearOnExit), (pulValue), (xTicksToWait))
#define ulTaskNotifyTake(xClearCountOnExit, xTicksToWait) \
    ulTaskGenericNotifyTake(tskDEFAULT_INDEX_TO_NOTIFY, (xClearCountOnExit), (xTicksToWait))
#define ulTaskNotifyTakeIndexed(uxIndex, xClearCountOnExit, xTicksToWait) \
    ulTaskGenericNotifyTake((uxIndex), (xClearCountOnExit), (xTicksToWait))
#define xTaskNotifyStateClear(xTask) xTaskGenericNotifyStateClear((xTask), tskDEFAULT_INDEX_TO_NOTIFY)
#define xTaskNotifyStateClearIndexed(xTask, uxIndex) xTaskGenericNotifyStateClear((xTask), (uxIndex))
#define ulTaskNotifyValueClear(xTask, ulBits) \
    ulTaskGenericNotifyValueClear((xTask), tskDEFAULT_INDEX_TO_NOTIFY, (ulBits))
#define ulTaskNotifyValueClearIndexed(xTask, uxIndex, ulBits) \
    ulTaskGenericNotifyValueClear((xTask), (uxIndex), (ulBits))

#define taskYIELD() portYIELD()
#define taskENTER_CRITICAL() portENTER_CRITICAL()
#define taskEXIT_CRITICAL() portEXIT_CRITICAL()
#define taskENTER_CRITICAL_FROM_ISR() portENTER_CRITICAL_FROM_ISR()
#define taskEXIT_CRITICAL_FROM_ISR(x) portEXIT_CRITICAL_FROM_ISR(x)
#define taskDISABLE_INTERRUPTS() portDISABLE_INTERRUPTS()
#define taskENABLE_INTERRUPTS() portENABLE_INTERRUPTS()

// The names that older firmware uses.
#if configENABLE_BACKWARD_COMPATIBILITY
#define xTaskHandle TaskHandle_t
#define xTaskParameters TaskParameters_t
#define pdTASK_CODE TaskFunction_t
#define pdTASK_HOOK_CODE TaskHookFunction_t
#define portTickType TickType_t
#define eTaskStateGet eTaskGetState
#define pcTaskGetTaskName pcTaskGetName
#define xTaskGetIdleTaskHandleForCPU(x) xTaskGetIdleTaskHandle()
#define xTimeOutType TimeOut_t
#endif

#ifdef __cplusplus
}
#endif

#endif
