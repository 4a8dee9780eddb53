/* Tasks, notifications, the scheduler and critical sections: every function, each answer. */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "check.h"

static volatile int iCount;
static int iKept;

static void vCounts(void *pvParameters)
{
    (void)pvParameters;
    for (;;) {
        iCount++;
        vTaskDelay(1);
    }
}

static BaseType_t xHook(void *pvArgument)
{
    return (BaseType_t)(intptr_t)pvArgument + 1;
}

static void vLife(void)
{
    static StaticTask_t xStatic, *pxGotTask;
    static StackType_t uxStack[256], *puxGotStack;
    TaskHandle_t xTask, xStaticTask, xSelf = xTaskGetCurrentTaskHandle();
    UBaseType_t uxTasks = uxTaskGetNumberOfTasks();
    int iBefore;

    CHECK(xTaskCreate(vCounts, "counts", 128, NULL, 3, &xTask) == pdPASS && uxTaskGetNumberOfTasks() == uxTasks + 1);
    CHECK(xTaskGetHandle("counts") == xTask && xTaskGetHandle("nobody") == NULL);
    CHECK(strcmp(pcTaskGetName(xTask), "counts") == 0 && strcmp(pcTaskGetName(NULL), "main") == 0);
    while (iCount < 2)
        vTaskDelay(1);
    CHECK(uxTaskPriorityGet(xTask) == 3 && uxTaskPriorityGetFromISR(NULL) == 2);
    vTaskPrioritySet(xTask, 1000);
    CHECK(uxTaskPriorityGet(xTask) == configMAX_PRIORITIES - 1);
    vTaskPrioritySet(xTask, 1);
    CHECK(uxTaskBasePriorityGet(xTask) == 1 && uxTaskBasePriorityGetFromISR(xTask) == 1);

    vTaskSuspend(xTask);
    CHECK(eTaskGetState(xTask) == eSuspended);
    /* It stops at its next call. */
    do {
        iBefore = iCount;
        vTaskDelay(5);
    } while (iCount != iBefore);
    vTaskResume(xTask);
    while (iCount == iBefore)
        vTaskDelay(1);
    CHECK(xTaskResumeFromISR(xTask) == pdFALSE);
    vTaskSuspend(xTask);
    CHECK(xTaskResumeFromISR(xTask) == pdTRUE);
    CHECK(eTaskGetState(NULL) == eRunning);

    vTaskSetApplicationTaskTag(xTask, xHook);
    CHECK(xTaskGetApplicationTaskTag(xTask) == xHook && xTaskGetApplicationTaskTagFromISR(xSelf) == NULL);
    CHECK(xTaskCallApplicationTaskHook(xTask, (void *)41) == 42);
    vTaskSetThreadLocalStoragePointer(xTask, 1, &iKept);
    CHECK(pvTaskGetThreadLocalStoragePointer(xTask, 1) == &iKept);
    CHECK(pvTaskGetThreadLocalStoragePointer(NULL, 1) == NULL);
    vTaskDelete(xTask);
    CHECK(eTaskGetState(xTask) == eDeleted && xTaskGetHandle("counts") == NULL);
    while (uxTaskGetNumberOfTasks() != uxTasks)
        vTaskDelay(1);

    xStaticTask = xTaskCreateStatic(vCounts, "a name that is too long", 256, NULL, 1, uxStack, &xStatic);
    CHECK((void *)xStaticTask == (void *)&xStatic && strcmp(pcTaskGetName(xStaticTask), "a name that is ") == 0);
    CHECK(xTaskGetStaticBuffers(xStaticTask, &puxGotStack, &pxGotTask) == pdTRUE);
    CHECK(puxGotStack == uxStack && pxGotTask == &xStatic && xTaskGetStaticBuffers(xSelf, NULL, NULL) == pdFALSE);
    vTaskDelete(xStaticTask);
}

static void vSleeps(void *pvParameters)
{
    TickType_t xStart = xTaskGetTickCount();

    vTaskDelay(100000);
    CHECK(xTaskGetTickCount() - xStart < 100000);
    xTaskNotifyGive((TaskHandle_t)pvParameters);
    vTaskDelete(NULL);
}

static void vTime(void)
{
    TaskHandle_t xTask;
    TickType_t xStart = xTaskGetTickCount(), xWake = xStart, xWait = 100;
    TimeOut_t xTimeOut;

    vTaskDelay(3);
    CHECK(xTaskGetTickCount() - xStart >= 3 && xTaskGetTickCountFromISR() - xStart >= 3);
    vTaskDelayUntil(&xWake, 10);
    CHECK(xWake == xStart + 10 && xTaskGetTickCount() >= xWake);
    CHECK(xTaskDelayUntil(&xWake, 50) == pdTRUE && xTaskGetTickCount() >= xStart + 60);
    xWake = xStart;
    CHECK(xTaskDelayUntil(&xWake, 1) == pdFALSE);

    xTaskCreate(vSleeps, "sleeps", 128, xTaskGetCurrentTaskHandle(), 3, &xTask);
    AWAIT_STATE(xTask, eBlocked);
    CHECK(xTaskAbortDelay(xTask) == pdTRUE && ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1);
    CHECK(xTaskAbortDelay(xTaskGetCurrentTaskHandle()) == pdFALSE);

    vTaskSetTimeOutState(&xTimeOut);
    CHECK(xTaskCheckForTimeOut(&xTimeOut, &xWait) == pdFALSE && xWait <= 100);
    xWait = 2;
    vTaskDelay(3);
    CHECK(xTaskCheckForTimeOut(&xTimeOut, &xWait) == pdTRUE && xWait == 0);
    xWait = portMAX_DELAY;
    CHECK(xTaskCheckForTimeOut(&xTimeOut, &xWait) == pdFALSE);
}

static void vNotifications(void)
{
    TaskHandle_t xSelf = xTaskGetCurrentTaskHandle();
    uint32_t ulValue = 99;
    BaseType_t xWoken = pdFALSE;

    CHECK(xTaskNotifyWait(0, 0, &ulValue, 0) == pdFALSE && ulValue == 0);
    CHECK(xTaskNotify(xSelf, 0x11, eSetBits) == pdPASS && xTaskNotify(xSelf, 5, eSetValueWithoutOverwrite) == pdFAIL);
    CHECK(xTaskNotifyAndQuery(xSelf, 0x02, eSetBits, &ulValue) == pdPASS && ulValue == 0x11);
    CHECK(xTaskNotifyWait(0, 0x10, &ulValue, portMAX_DELAY) == pdTRUE && ulValue == 0x13);
    CHECK(xTaskNotifyWait(0, 0, &ulValue, 2) == pdFALSE && ulValue == 0x03);
    CHECK(ulTaskNotifyValueClear(xSelf, 0x1) == 0x03 && ulTaskNotifyValueClear(NULL, 0) == 0x02);
    CHECK(xTaskNotify(xSelf, 7, eSetValueWithOverwrite) == pdPASS && xTaskNotifyStateClear(NULL) == pdTRUE);
    CHECK(xTaskNotifyStateClear(xSelf) == pdFALSE && xTaskNotify(xSelf, 0, eNoAction) == pdPASS);
    CHECK(ulTaskNotifyTake(pdFALSE, 0) == 7 && ulTaskNotifyTake(pdTRUE, 0) == 6 && ulTaskNotifyTake(pdTRUE, 2) == 0);

    CHECK(xTaskNotifyIndexed(xSelf, 3, 4, eSetValueWithOverwrite) == pdPASS);
    CHECK(xTaskNotifyFromISR(xSelf, 1, eSetBits, &xWoken) == pdPASS && xWoken == pdFALSE);
    CHECK(xTaskNotifyAndQueryFromISR(xSelf, 8, eSetValueWithOverwrite, &ulValue, NULL) == pdPASS && ulValue == 1);
    CHECK(xTaskNotifyWaitIndexed(3, 0, 0, &ulValue, 0) == pdTRUE && ulValue == 4);
    CHECK(xTaskNotifyWait(0, UINT32_MAX, &ulValue, 0) == pdTRUE && ulValue == 8);
    vTaskNotifyGiveIndexedFromISR(xSelf, 2, NULL);
    CHECK(xTaskNotifyGiveIndexed(xSelf, 2) == pdPASS && ulTaskNotifyTakeIndexed(2, pdTRUE, 0) == 2);
}

static void vInformation(void)
{
    TaskStatus_t xStatus[16];
    uint32_t ulTotal;
    char c[2048];
    UBaseType_t ux = uxTaskGetSystemState(xStatus, 16, &ulTotal);

    CHECK(ux == uxTaskGetNumberOfTasks() && uxTaskGetSystemState(xStatus, ux - 1, NULL) == 0);
    vTaskGetInfo(NULL, xStatus, pdTRUE, eInvalid);
    CHECK(xStatus[0].xHandle == xTaskGetCurrentTaskHandle() && xStatus[0].eCurrentState == eRunning);
    vTaskListTasks(c, sizeof c);
    CHECK(strstr(c, "IDLE") != NULL && strstr(c, "main") != NULL);
    CHECK(strcmp(pcTaskGetName(xTaskGetIdleTaskHandle()), "IDLE") == 0);
    CHECK(eTaskGetState(xTaskGetIdleTaskHandle()) == eReady);
    CHECK(uxTaskGetStackHighWaterMark(NULL) > 0 && uxTaskGetStackHighWaterMark2(NULL) > 0);
}

static void vSections(void)
{
    UBaseType_t uxMask;

    taskENTER_CRITICAL();
    taskENTER_CRITICAL();
    taskEXIT_CRITICAL();
    taskEXIT_CRITICAL();
    uxMask = taskENTER_CRITICAL_FROM_ISR();
    taskEXIT_CRITICAL_FROM_ISR(uxMask);
    taskDISABLE_INTERRUPTS();
    taskENABLE_INTERRUPTS();
    CHECK(xTaskGetSchedulerState() == taskSCHEDULER_RUNNING);
    vTaskSuspendAll();
    CHECK(xTaskGetSchedulerState() == taskSCHEDULER_SUSPENDED);
    xTaskResumeAll();
    taskYIELD();
    CHECK(xPortIsInsideInterrupt() == pdFALSE);
}

static void vMain(void *pvParameters)
{
    CHECK(pvParameters == &iKept);
    vLife();
    vTime();
    vNotifications();
    vInformation();
    vSections();
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    CHECK(xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED && xTaskGetTickCount() == 0);
    xTaskCreate(vMain, "main", 128, &iKept, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
