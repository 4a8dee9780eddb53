/* A task that is suspended while it waits gets nothing meanwhile, and waits on when it is resumed; one whose delay is
 * aborted gives up. */
#include "FreeRTOS.h"
#include "task.h"
#include "event_groups.h"
#include "message_buffer.h"
#include "queue.h"
#include "semphr.h"
#include "check.h"

static QueueHandle_t xQueue, xFull;
static SemaphoreHandle_t xSemaphore, xMutex;
static EventGroupHandle_t xEvents;
static MessageBufferHandle_t xMessages;
static TaskHandle_t xMainTask;

static void vWaiter(void *pvParameters)
{
    uint32_t ul = 3;
    BaseType_t x = pdFAIL;

    switch ((int)(intptr_t)pvParameters) {
    case 0:
        x = xQueueReceive(xQueue, &ul, portMAX_DELAY);
        break;
    case 1:
        x = xQueueReceive(xQueue, &ul, 1000000);
        break;
    case 2:
        x = xSemaphoreTake(xSemaphore, portMAX_DELAY);
        break;
    case 3:
        x = xSemaphoreTake(xMutex, portMAX_DELAY);
        if (x == pdTRUE)
            xSemaphoreGive(xMutex);
        break;
    case 4:
        x = xQueueSend(xFull, &ul, portMAX_DELAY);
        break;
    case 5:
        x = ulTaskNotifyTake(pdTRUE, portMAX_DELAY) != 0;
        break;
    case 6:
        x = (xEventGroupWaitBits(xEvents, 1, pdTRUE, pdTRUE, portMAX_DELAY) & 1) != 0;
        break;
    case 7:
        x = xMessageBufferReceive(xMessages, &ul, sizeof ul, portMAX_DELAY) != 0;
        break;
    case 8:
        x = xQueuePeek(xQueue, &ul, portMAX_DELAY);
        break;
    }
    xTaskNotify(xMainTask, 10 + (uint32_t)x, eSetValueWithOverwrite);
    vTaskDelete(NULL);
}

static void vSatisfy(int iWhat, TaskHandle_t xTask)
{
    uint32_t ul = 1;

    switch (iWhat) {
    case 0:
    case 1:
    case 8:
        CHECK(xQueueSend(xQueue, &ul, 0) == pdPASS);
        break;
    case 2:
        CHECK(xSemaphoreGive(xSemaphore) == pdTRUE);
        break;
    case 3:
        CHECK(xSemaphoreGive(xMutex) == pdTRUE);
        break;
    case 4:
        CHECK(xQueueReceive(xFull, &ul, 0) == pdPASS);
        break;
    case 5:
        CHECK(xTaskNotifyGive(xTask) == pdPASS);
        break;
    case 6:
        xEventGroupSetBits(xEvents, 1);
        break;
    case 7:
        CHECK(xMessageBufferSend(xMessages, &ul, sizeof ul, 0) == sizeof ul);
        break;
    }
}

static uint32_t ulAnswer(TickType_t xTicks)
{
    uint32_t ul = 0;

    return xTaskNotifyWait(0, 0, &ul, xTicks) == pdTRUE ? ul - 10 : 99;
}

static void vMain(void *pvParameters)
{
    uint32_t ul = 0;

    (void)pvParameters;
    xMainTask = xTaskGetCurrentTaskHandle();
    for (int i = 0; i < 9; i++) {
        TaskHandle_t xTask;

        CHECK(xSemaphoreTake(xMutex, 0) == pdTRUE);
        xTaskCreate(vWaiter, "waiter", 128, (void *)(intptr_t)i, 3, &xTask);
        AWAIT_STATE(xTask, eBlocked);
        vTaskSuspend(xTask);
        CHECK(eTaskGetState(xTask) == eSuspended);
        vTaskDelay(2);
        if (i <= 4 || i == 8) {
            /* It waits on, and gets what comes later. */
            vTaskResume(xTask);
            CHECK(ulAnswer(3) == 99);
            AWAIT_STATE(xTask, eBlocked);
            vSatisfy(i, xTask);
            CHECK(ulAnswer(portMAX_DELAY) == pdTRUE);
        } else {
            /* What came while it was suspended is there; without that the wait is over. */
            vSatisfy(i, xTask);
            CHECK(ulAnswer(2) == 99);
            vTaskResume(xTask);
            CHECK(ulAnswer(portMAX_DELAY) == pdTRUE);
        }
        xEventGroupClearBits(xEvents, 1);
        if (xSemaphoreGetMutexHolder(xMutex) == xMainTask)
            CHECK(xSemaphoreGive(xMutex) == pdTRUE);
        (void)xQueueReceive(xQueue, &ul, 0);
        (void)xQueueSend(xFull, &ul, 0);

        CHECK(xSemaphoreTake(xMutex, 0) == pdTRUE);
        xTaskCreate(vWaiter, "aborted", 128, (void *)(intptr_t)i, 3, &xTask);
        AWAIT_STATE(xTask, eBlocked);
        CHECK(xTaskAbortDelay(xTask) == pdPASS && ulAnswer(portMAX_DELAY) == pdFALSE);
        CHECK(xSemaphoreGive(xMutex) == pdTRUE);
    }
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    uint32_t ul = 0;

    xQueue = xQueueCreate(1, sizeof(uint32_t));
    xFull = xQueueCreate(1, sizeof(uint32_t));
    xQueueSend(xFull, &ul, 0);
    xSemaphore = xSemaphoreCreateBinary();
    xMutex = xSemaphoreCreateMutex();
    xEvents = xEventGroupCreate();
    xMessages = xMessageBufferCreate(20);
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
