/* In parallel, what a task or a callback uses is the caller's own again when the call that stops it has returned. */
#include "FreeRTOS.h"
#include "task.h"
#include "timers.h"
#include "check.h"

static volatile int iMayEnd, iCalled;

static void vCounts(void *pvCount)
{
    volatile uint32_t *pulCount = pvCount;

    for (;;) {
        (*pulCount)++;
        taskYIELD();
    }
}

static void vMakesNoCall(void *pvParameters)
{
    (void)pvParameters;
    iCalled = 1;
    while (!iMayEnd)
        ;
    vTaskDelay(1);
    CHECK(0);
}

static void vCallback(TimerHandle_t xTimer)
{
    volatile uint32_t *pulCount = pvTimerGetTimerID(xTimer);

    for (int i = 0; i < 100000; i++)
        (*pulCount)++;
}

static void vStaysAsItIs(volatile uint32_t *pulCount)
{
    uint32_t ulCount = *pulCount;

    for (int i = 0; i < 20000; i++)
        CHECK(*pulCount == ulCount);
}

static void vTask(void)
{
    volatile uint32_t ulCount = 0;
    TaskHandle_t xTask;

    CHECK(xTaskCreate(vCounts, "counts", 128, (void *)&ulCount, 1, &xTask) == pdPASS);
    while (ulCount < 10)
        taskYIELD();
    vTaskSuspend(xTask);
    vStaysAsItIs(&ulCount);
    vTaskResume(xTask);
    vTaskDelete(xTask);
    vStaysAsItIs(&ulCount);
}

static void vTimer(int iDeletes)
{
    volatile uint32_t ulCount = 0;
    TimerHandle_t xTimer = xTimerCreate("timer", 1, pdTRUE, (void *)&ulCount, vCallback);

    CHECK(xTimerStart(xTimer, 0) == pdPASS);
    while (ulCount == 0)
        taskYIELD();
    if (iDeletes)
        CHECK(xTimerDelete(xTimer, 0) == pdPASS);
    else
        CHECK(xTimerStop(xTimer, 0) == pdPASS);
    vStaysAsItIs(&ulCount);
}

static void vMain(void *pvParameters)
{
    TaskHandle_t xTask;

    (void)pvParameters;
    for (int i = 0; i < 50; i++) {
        vTask();
        vTimer(i % 2);
    }
    /* One that makes no call is left to itself, and never comes out of its next one. */
    CHECK(xTaskCreate(vMakesNoCall, "none", 128, NULL, 1, &xTask) == pdPASS);
    while (!iCalled)
        taskYIELD();
    vTaskDelete(xTask);
    iMayEnd = 1;
    vTaskDelay(20);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
