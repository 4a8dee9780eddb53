/* Who runs when, as `configUSE_PREEMPTION` and `configUSE_TIME_SLICING` say. */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"
#include "semphr.h"
#include "timers.h"
#include "hil_interrupt.h"
#include "check.h"

static char cOrder[200];
static SemaphoreHandle_t xSemaphore;
static volatile int iHookGives, iTicks;

static void vNote(const char *pcWhat)
{
    strcat(cOrder, pcWhat);
}

static void vSo(const char *pcExpected)
{
    if (strcmp(cOrder, pcExpected) != 0)
        printf("%s instead of %s\n", cOrder, pcExpected);
    cOrder[0] = 0;
}

void vApplicationTickHook(void)
{
    iTicks++;
    if (iHookGives) {
        iHookGives = 0;
        xSemaphoreGiveFromISR(xSemaphore, NULL);
    }
}

/* Many calls, in several ticks. */
static void vLetTimePass(void)
{
    TickType_t xStart = xTaskGetTickCount();
    int iBefore = iTicks;

    while (xTaskGetTickCount() - xStart < 5 || iTicks == iBefore)
        ;
}

static void vHigh(void *pvParameters)
{
    (void)pvParameters;
    vNote("starts ");
    while (xSemaphoreTake(xSemaphore, portMAX_DELAY) == pdPASS)
        vNote("high ");
}

static void vOnce(void *pvParameters)
{
    vNote(pvParameters);
    vTaskDelete(NULL);
}

static void vCallback(TimerHandle_t xTimer)
{
    (void)xTimer;
    vNote("timer ");
}

static void vInterrupt(void *pvParameters)
{
    BaseType_t xWoken = pdFALSE;

    CHECK(xSemaphoreGiveFromISR(xSemaphore, &xWoken) == pdPASS && xWoken == pdTRUE);
    if (pvParameters != NULL)
        portYIELD_FROM_ISR(xWoken);
    vNote("interrupt ");
}

#if configUSE_PREEMPTION

static void vTurns(TaskHandle_t xHigh)
{
    (void)xHigh;
    vSo("starts ");
    xSemaphoreGive(xSemaphore);
    vNote("given ");
    iHookGives = 1;
    vLetTimePass();
    vNote("hook ");
    vSo("high given high hook ");
    hil_interrupt_run(vInterrupt, NULL);
    vSo("interrupt high ");

    /* An equal has to wait until somebody lets it go first. */
    CHECK(xTaskCreate(vOnce, "equal", 128, "equal ", 1, NULL) == pdPASS);
    vLetTimePass();
    vNote("passed ");
    taskYIELD();
    vNote("yielded ");
    vSo("passed equal yielded ");
}

#else

static void vTurns(TaskHandle_t xHigh)
{
    TimerHandle_t xTimer = xTimerCreate("timer", 1, pdFALSE, NULL, vCallback);

    vNote("created ");
    vLetTimePass();
    taskYIELD();
    vSo("created starts ");

    xSemaphoreGive(xSemaphore);
    vLetTimePass();
    vNote("given ");
    vTaskDelay(1);
    vSo("given high ");

    /* Interrupts do come, and whom they woke waits as well. */
    iHookGives = 1;
    vLetTimePass();
    CHECK(iHookGives == 0);
    vNote("hook ");
    taskYIELD();
    vSo("hook high ");
    hil_interrupt_run(vInterrupt, NULL);
    vNote("waits ");
    taskYIELD();
    hil_interrupt_run(vInterrupt, "yields");
    vNote("switched ");
    vSo("interrupt waits high interrupt high switched ");

    CHECK(xTimerStart(xTimer, 0) == pdPASS);
    vLetTimePass();
    vNote("passed ");
    vTaskDelay(1);
    vSo("passed timer ");

    /* Priorities count when there is a choice. */
    vTaskPrioritySet(NULL, 4);
    CHECK(xTaskCreate(vOnce, "low", 128, "low ", 2, NULL) == pdPASS);
    CHECK(xTaskCreate(vOnce, "middle", 128, "middle ", 3, NULL) == pdPASS);
    vTaskPrioritySet(NULL, 1);
    vTaskSuspendAll();
    xTaskResumeAll();
    vLetTimePass();
    vNote("lowered ");
    taskYIELD();
    vSo("lowered middle low ");
    CHECK(xTaskCreate(vOnce, "lower", 128, "lower ", 0, NULL) == pdPASS);
    taskYIELD();
    vNote("yielded ");
    vTaskDelay(1);
    vSo("yielded lower ");

    /* Who is deleted does not run any more. */
    CHECK(xSemaphoreGive(xSemaphore) == pdPASS);
    vTaskDelete(xHigh);
    vTaskDelay(2);
    vSo("");
}

#endif

static void vMain(void *pvParameters)
{
    TaskHandle_t xHigh;

    (void)pvParameters;
    xSemaphore = xSemaphoreCreateBinary();
    CHECK(xTaskCreate(vHigh, "high", 128, NULL, 3, &xHigh) == pdPASS);
    vTurns(xHigh);
    (void)vCallback;
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
