// FreeRTOS event groups: 24 flags that tasks set, clear and wait for.
#ifndef INC_FREERTOS_H
#include "FreeRTOS.h"
#endif
#ifndef EVENT_GROUPS_H
#define EVENT_GROUPS_H

#include "timers.h"

#ifdef __cplusplus
extern "C" {
#endif

struct EventGroupDef_t;
typedef struct EventGroupDef_t *EventGroupHandle_t;
typedef TickType_t EventBits_t;

EventGroupHandle_t xEventGroupCreate(void);
EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *pxEventGroupBuffer);
void vEventGroupDelete(EventGroupHandle_t xEventGroup);
BaseType_t xEventGroupGetStaticBuffer(EventGroupHandle_t xEventGroup, StaticEventGroup_t **ppxEventGroupBuffer);

// The flags when the condition was met, before any were cleared; or as they are when the time is over.
EventBits_t xEventGroupWaitBits(
    EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToWaitFor, const BaseType_t xClearOnExit,
    const BaseType_t xWaitForAllBits, TickType_t xTicksToWait);
// The flags after those were set, and after waiting tasks have cleared theirs.
EventBits_t xEventGroupSetBits(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToSet);
// The flags before.
EventBits_t xEventGroupClearBits(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToClear);
EventBits_t xEventGroupSync(
    EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToSet, const EventBits_t uxBitsToWaitFor,
    TickType_t xTicksToWait);
EventBits_t xEventGroupGetBitsFromISR(EventGroupHandle_t xEventGroup);
// At once, not by way of the timer task: pdPASS always, but for a handle that is none.
BaseType_t xEventGroupSetBitsFromISR(
    EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToSet, BaseType_t *pxHigherPriorityTaskWoken);
BaseType_t xEventGroupClearBitsFromISR(EventGroupHandle_t xEventGroup, const EventBits_t uxBitsToClear);
void vEventGroupSetBitsCallback(void *pvEventGroup, uint32_t ulBitsToSet);
void vEventGroupClearBitsCallback(void *pvEventGroup, uint32_t ulBitsToClear);

#define xEventGroupGetBits(xEventGroup) xEventGroupClearBits((xEventGroup), 0)

#if configENABLE_BACKWARD_COMPATIBILITY
#define xEventGroupHandle EventGroupHandle_t
#endif

#ifdef __cplusplus
}
#endif

#endif
