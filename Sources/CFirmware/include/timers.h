// FreeRTOS software timers. Their callbacks run in the timer task, one after the other.
#ifndef INC_FREERTOS_H
#include "FreeRTOS.h"
#endif
#ifndef TIMERS_H
#define TIMERS_H

#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tmrTimerControl;
typedef struct tmrTimerControl *TimerHandle_t;
typedef void (*TimerCallbackFunction_t)(TimerHandle_t xTimer);
typedef void (*PendedFunction_t)(void *arg1, uint32_t arg2);

#define tmrCOMMAND_EXECUTE_CALLBACK_FROM_ISR ((BaseType_t)-2)
#define tmrCOMMAND_EXECUTE_CALLBACK ((BaseType_t)-1)
#define tmrCOMMAND_START_DONT_TRACE ((BaseType_t)0)
#define tmrCOMMAND_START ((BaseType_t)1)
#define tmrCOMMAND_RESET ((BaseType_t)2)
#define tmrCOMMAND_STOP ((BaseType_t)3)
#define tmrCOMMAND_CHANGE_PERIOD ((BaseType_t)4)
#define tmrCOMMAND_DELETE ((BaseType_t)5)
#define tmrFIRST_FROM_ISR_COMMAND ((BaseType_t)6)
#define tmrCOMMAND_START_FROM_ISR ((BaseType_t)6)
#define tmrCOMMAND_RESET_FROM_ISR ((BaseType_t)7)
#define tmrCOMMAND_STOP_FROM_ISR ((BaseType_t)8)
#define tmrCOMMAND_CHANGE_PERIOD_FROM_ISR ((BaseType_t)9)

// NULL for a period of 0.
TimerHandle_t xTimerCreate(
    const char *const pcTimerName, const TickType_t xTimerPeriodInTicks, const BaseType_t xAutoReload,
    void *const pvTimerID, TimerCallbackFunction_t pxCallbackFunction);
TimerHandle_t xTimerCreateStatic(
    const char *const pcTimerName, const TickType_t xTimerPeriodInTicks, const BaseType_t xAutoReload,
    void *const pvTimerID, TimerCallbackFunction_t pxCallbackFunction, StaticTimer_t *pxTimerBuffer);

// Commands take effect at once; they wait for nothing, and never fail for want of room in a command queue.
BaseType_t xTimerGenericCommandFromTask(
    TimerHandle_t xTimer, const BaseType_t xCommandID, const TickType_t xOptionalValue,
    BaseType_t *const pxHigherPriorityTaskWoken, const TickType_t xTicksToWait);
BaseType_t xTimerGenericCommandFromISR(
    TimerHandle_t xTimer, const BaseType_t xCommandID, const TickType_t xOptionalValue,
    BaseType_t *const pxHigherPriorityTaskWoken, const TickType_t xTicksToWait);

void *pvTimerGetTimerID(const TimerHandle_t xTimer);
void vTimerSetTimerID(TimerHandle_t xTimer, void *pvNewID);
BaseType_t xTimerIsTimerActive(TimerHandle_t xTimer);
TaskHandle_t xTimerGetTimerDaemonTaskHandle(void);
const char *pcTimerGetName(TimerHandle_t xTimer);
void vTimerSetReloadMode(TimerHandle_t xTimer, const BaseType_t xAutoReload);
BaseType_t xTimerGetReloadMode(TimerHandle_t xTimer);
UBaseType_t uxTimerGetReloadMode(TimerHandle_t xTimer);
TickType_t xTimerGetPeriod(TimerHandle_t xTimer);
TickType_t xTimerGetExpiryTime(TimerHandle_t xTimer);
BaseType_t xTimerGetStaticBuffer(TimerHandle_t xTimer, StaticTimer_t **ppxTimerBuffer);

// Has the timer task call a function; pdFAIL if as many as `configTIMER_QUEUE_LENGTH` wait already.
BaseType_t xTimerPendFunctionCall(
    PendedFunction_t xFunctionToPend, void *pvParameter1, uint32_t ulParameter2, TickType_t xTicksToWait);
BaseType_t xTimerPendFunctionCallFromISR(
    PendedFunction_t xFunctionToPend, void *pvParameter1, uint32_t ulParameter2,
    BaseType_t *pxHigherPriorityTaskWoken);

#define xTimerGenericCommand(xTimer, xCommandID, xOptionalValue, pxWoken, xTicksToWait)                        \
    ((xCommandID) < tmrFIRST_FROM_ISR_COMMAND                                                                  \
         ? xTimerGenericCommandFromTask((xTimer), (xCommandID), (xOptionalValue), (pxWoken), (xTicksToWait))   \
         : xTimerGenericCommandFromISR((xTimer), (xCommandID), (xOptionalValue), (pxWoken), (xTicksToWait)))
#define xTimerStart(xTimer, xTicksToWait) \
    xTimerGenericCommandFromTask((xTimer), tmrCOMMAND_START, xTaskGetTickCount(), NULL, (xTicksToWait))
#define xTimerStop(xTimer, xTicksToWait) \
    xTimerGenericCommandFromTask((xTimer), tmrCOMMAND_STOP, 0U, NULL, (xTicksToWait))
#define xTimerChangePeriod(xTimer, xNewPeriod, xTicksToWait) \
    xTimerGenericCommandFromTask((xTimer), tmrCOMMAND_CHANGE_PERIOD, (xNewPeriod), NULL, (xTicksToWait))
#define xTimerDelete(xTimer, xTicksToWait) \
    xTimerGenericCommandFromTask((xTimer), tmrCOMMAND_DELETE, 0U, NULL, (xTicksToWait))
#define xTimerReset(xTimer, xTicksToWait) \
    xTimerGenericCommandFromTask((xTimer), tmrCOMMAND_RESET, xTaskGetTickCount(), NULL, (xTicksToWait))
#define xTimerStartFromISR(xTimer, pxWoken) \
    xTimerGenericCommandFromISR((xTimer), tmrCOMMAND_START_FROM_ISR, xTaskGetTickCountFromISR(), (pxWoken), 0U)
#define xTimerStopFromISR(xTimer, pxWoken) \
    xTimerGenericCommandFromISR((xTimer), tmrCOMMAND_STOP_FROM_ISR, 0U, (pxWoken), 0U)
#define xTimerChangePeriodFromISR(xTimer, xNewPeriod, pxWoken) \
    xTimerGenericCommandFromISR((xTimer), tmrCOMMAND_CHANGE_PERIOD_FROM_ISR, (xNewPeriod), (pxWoken), 0U)
#define xTimerResetFromISR(xTimer, pxWoken) \
    xTimerGenericCommandFromISR((xTimer), tmrCOMMAND_RESET_FROM_ISR, xTaskGetTickCountFromISR(), (pxWoken), 0U)

#if configENABLE_BACKWARD_COMPATIBILITY
#define xTimerHandle TimerHandle_t
#define tmrTIMER_CALLBACK TimerCallbackFunction_t
#define pcTimerGetTimerName pcTimerGetName
#endif

#ifdef __cplusplus
}
#endif

#endif
