/* Event groups, software timers, the heap: every function, each answer. */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "event_groups.h"
#include "timers.h"
#include "check.h"

static EventGroupHandle_t xEvents;

static void vMeets(void *pvParameters)
{
    uint32_t ulOwn = (uint32_t)(uintptr_t)pvParameters;

    CHECK((xEventGroupSync(xEvents, ulOwn, 0x7, portMAX_DELAY) & 0x7) == 0x7);
    xEventGroupSetBits(xEvents, ulOwn << 8);
    vTaskDelete(NULL);
}

static void vWaits(void *pvParameters)
{
    CHECK(xEventGroupWaitBits(xEvents, 0x30, pdTRUE, pdTRUE, portMAX_DELAY) == 0x30);
    xTaskNotifyGive((TaskHandle_t)pvParameters);
    vTaskDelete(NULL);
}

static void vEvents(void)
{
    static StaticEventGroup_t xStatic, *pxGot;
    BaseType_t xWoken = pdFALSE;
    TaskHandle_t xTask;

    xEvents = xEventGroupCreate();
    CHECK(xEventGroupGetBits(xEvents) == 0);
    CHECK(xEventGroupWaitBits(xEvents, 1, pdFALSE, pdFALSE, 0) == 0);
    CHECK(xEventGroupWaitBits(xEvents, 1, pdFALSE, pdFALSE, 2) == 0);
    CHECK(xEventGroupSetBits(xEvents, 0x3) == 0x3 && xEventGroupClearBits(xEvents, 0x1) == 0x3);
    CHECK(xEventGroupGetBitsFromISR(xEvents) == 0x2 && xEventGroupWaitBits(xEvents, 0x3, pdTRUE, pdTRUE, 0) == 0x2);
    CHECK(xEventGroupWaitBits(xEvents, 0x3, pdTRUE, pdFALSE, 0) == 0x2 && xEventGroupGetBits(xEvents) == 0);
    CHECK(xEventGroupSetBitsFromISR(xEvents, 0x5, &xWoken) == pdPASS && xWoken == pdFALSE);
    CHECK(xEventGroupClearBitsFromISR(xEvents, 0x1) == pdPASS && xEventGroupClearBits(xEvents, 0xF) == 0x4);

    CHECK(xTaskCreate(vWaits, "waits", 128, xTaskGetCurrentTaskHandle(), 4, &xTask) == pdPASS);
    AWAIT_STATE(xTask, eBlocked);
    CHECK(xEventGroupSetBits(xEvents, 0x10) == 0x10);
    CHECK(xEventGroupSetBitsFromISR(xEvents, 0x20, &xWoken) == pdPASS && xWoken == pdTRUE);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1 && xEventGroupGetBits(xEvents) == 0);

    CHECK((xEventGroupSync(xEvents, 0x1, 0x7, 2) & 0x7) == 0x1);
    xEventGroupClearBits(xEvents, 0x7);
    xTaskCreate(vMeets, "second", 128, (void *)2, 2, NULL);
    xTaskCreate(vMeets, "third", 128, (void *)4, 3, NULL);
    CHECK((xEventGroupSync(xEvents, 0x1, 0x7, portMAX_DELAY) & 0x7) == 0x7);
    CHECK((xEventGroupWaitBits(xEvents, 0x600, pdTRUE, pdTRUE, portMAX_DELAY) & 0x7) == 0);
    vEventGroupDelete(xEvents);

    xEvents = xEventGroupCreateStatic(&xStatic);
    CHECK((void *)xEvents == (void *)&xStatic);
    CHECK(xEventGroupGetStaticBuffer(xEvents, &pxGot) == pdTRUE && pxGot == &xStatic);
    vEventGroupDelete(xEvents);
}

static TimerHandle_t xBefore;
static int iCalls, iPended;

static void vCallback(TimerHandle_t xTimer)
{
    iCalls++;
    CHECK(xTaskGetCurrentTaskHandle() == xTimerGetTimerDaemonTaskHandle());
    vTimerSetTimerID(xTimer, (char *)pvTimerGetTimerID(xTimer) + 1);
}

static void vPended(void *pvArgument, uint32_t ulValue)
{
    iPended += (int)ulValue;
    xTaskNotifyGive((TaskHandle_t)pvArgument);
}

static void vTimers(void)
{
    static StaticTimer_t xStatic, *pxGot;
    TimerHandle_t xTimer = xTimerCreate("repeats", 5, pdTRUE, (void *)100, vCallback);
    TickType_t xNow;

    CHECK(strcmp(pcTimerGetName(xTimer), "repeats") == 0 && xTimerGetPeriod(xTimer) == 5);
    CHECK(xTimerIsTimerActive(xTimer) == pdFALSE && xTimerGetReloadMode(xTimer) == pdTRUE);
    CHECK(xTimerIsTimerActive(xBefore) == pdTRUE || iCalls == 1);
    while (iCalls < 1)
        vTaskDelay(1);
    CHECK(pvTimerGetTimerID(xBefore) == (void *)1 && xTimerDelete(xBefore, 0) == pdPASS);

    iCalls = 0;
    xNow = xTaskGetTickCount();
    CHECK(xTimerStart(xTimer, portMAX_DELAY) == pdPASS && xTimerIsTimerActive(xTimer) == pdTRUE);
    CHECK(xTimerGetExpiryTime(xTimer) - xNow >= 5);
    while (iCalls < 3)
        vTaskDelay(1);
    CHECK(xTaskGetTickCount() - xNow >= 15 && (uintptr_t)pvTimerGetTimerID(xTimer) >= 103);
    CHECK(xTimerStop(xTimer, 0) == pdPASS && xTimerIsTimerActive(xTimer) == pdFALSE);
    CHECK(xTimerChangePeriod(xTimer, 7, 0) == pdPASS && xTimerGetPeriod(xTimer) == 7);
    CHECK(xTimerIsTimerActive(xTimer) == pdTRUE && xTimerReset(xTimer, 0) == pdPASS);
    vTimerSetReloadMode(xTimer, pdFALSE);
    CHECK(uxTimerGetReloadMode(xTimer) == pdFALSE);
    while (xTimerIsTimerActive(xTimer) == pdTRUE)
        vTaskDelay(1);
    CHECK(xTimerStartFromISR(xTimer, NULL) == pdPASS && xTimerResetFromISR(xTimer, NULL) == pdPASS);
    CHECK(xTimerChangePeriodFromISR(xTimer, 1000, NULL) == pdPASS && xTimerStopFromISR(xTimer, NULL) == pdPASS);
    CHECK(xTimerIsTimerActive(xTimer) == pdFALSE && xTimerDelete(xTimer, 0) == pdPASS);

    xTimer = xTimerCreateStatic("static", 1, pdFALSE, NULL, vCallback, &xStatic);
    CHECK((void *)xTimer == (void *)&xStatic && xTimerGetStaticBuffer(xTimer, &pxGot) == pdTRUE && pxGot == &xStatic);
    xTimerDelete(xTimer, 0);

    CHECK(xTimerPendFunctionCall(vPended, xTaskGetCurrentTaskHandle(), 2, 10) == pdPASS);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1);
    CHECK(xTimerPendFunctionCallFromISR(vPended, xTaskGetCurrentTaskHandle(), 3, NULL) == pdPASS);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1 && iPended == 5);
}

static void vHeap(void)
{
    HeapStats_t xStats;
    size_t xFree = xPortGetFreeHeapSize();
    char *pc = pvPortMalloc(100), *pcZero = pvPortCalloc(10, 10), *pcLarge = pvPortMalloc(1000000);

    CHECK(pc != NULL && pcZero != NULL && pcLarge != NULL && (uintptr_t)pc % 8 == 0);
    for (int i = 0; i < 100; i++)
        CHECK(pcZero[i] == 0);
    memset(pc, 1, 100);
    memset(pcLarge, 1, 1000000);
    CHECK(xFree - xPortGetFreeHeapSize() == 1000200);
    vPortGetHeapStats(&xStats);
    CHECK(xStats.xNumberOfSuccessfulAllocations == 3 && xStats.xNumberOfSuccessfulFrees == 0);
    vPortFree(pc);
    vPortFree(pcZero);
    vPortFree(pcLarge);
    vPortFree(NULL);
    CHECK(xPortGetFreeHeapSize() == xFree && xPortGetMinimumEverFreeHeapSize() == xFree - 1000200);
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK(xPortGetMinimumEverFreeHeapSize() == xFree);
    CHECK(pvPortMalloc(0) == NULL && pvPortMalloc((size_t)-1) == NULL && pvPortCalloc((size_t)-1, 2) == NULL);
}

static void vMain(void *pvParameters)
{
    (void)pvParameters;
    vEvents();
    vTimers();
    vHeap();
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xBefore = xTimerCreate("before", 3, pdFALSE, NULL, vCallback);
    CHECK(xTimerStart(xBefore, 0) == pdPASS && xTimerIsTimerActive(xBefore) == pdFALSE);
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
