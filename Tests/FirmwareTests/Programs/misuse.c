/* What a firmware must not do: each is told on stderr with task and call, and the call fails. */
#include <pthread.h>
#include <string.h>

#include "FreeRTOS_IO.h"
#include "message_buffer.h"
#include "timers.h"
#include "check.h"

static QueueHandle_t xQueue;
static SemaphoreHandle_t xMutex;
static MessageBufferHandle_t xBuffer;

static void *pvForeign(void *pv)
{
    uint32_t ul = 1;
    BaseType_t xWoken = pdFALSE;

    /* A thread that nobody made a task sends as an interrupt does. */
    CHECK(xQueueSendFromISR(xQueue, &ul, &xWoken) == pdPASS && xWoken == pdFALSE);
    CHECK(xTaskGetCurrentTaskHandle() == NULL);
    return pv;
}

static void vHolder(void *pvParameters)
{
    char c[8];

    (void)pvParameters;
    CHECK(xSemaphoreTake(xMutex, portMAX_DELAY) == pdTRUE);
    (void)xMessageBufferReceive(xBuffer, c, sizeof c, portMAX_DELAY);
    vTaskDelay(portMAX_DELAY);
}

static void vReturns(void *pvParameters)
{
    (void)pvParameters;
}

static void vInTimer(void *pvArgument, uint32_t ulValue)
{
    (void)pvArgument;
    (void)ulValue;
}

static void vMain(void *pvParameters)
{
    static uint8_t ucBuffer[2000];
    Peripheral_Descriptor_t xPort = FreeRTOS_open("/SPI0/", NULL);
    TaskHandle_t xTask;
    UBaseType_t uxTasks;
    pthread_t xThread;
    uint32_t ul;
    char c[8];
    void *pv;

    (void)pvParameters;
    pthread_create(&xThread, NULL, pvForeign, NULL);
    pthread_join(xThread, NULL);
    CHECK(xQueueReceive(xQueue, &ul, 0) == pdPASS);

    CHECK(FreeRTOS_ioctl(xPort, ioctlUSE_ZERO_COPY_TX, NULL) == pdPASS);
    CHECK(FreeRTOS_write(xPort, ucBuffer, 10) == 0);
    CHECK(FreeRTOS_ioctl(xPort, ioctlOBTAIN_WRITE_MUTEX, 0) == pdPASS);
    CHECK(FreeRTOS_write(xPort, ucBuffer, sizeof ucBuffer) == sizeof ucBuffer);
    ucBuffer[1999]++;
    CHECK(FreeRTOS_ioctl(xPort, ioctlWAIT_PREVIOUS_WRITE_COMPLETE, portMAX_DELAY) == pdPASS);

    pv = pvPortMalloc(10);
    vPortFree(pv);
    vPortFree(pv);
    vPortFree(ucBuffer);

    xTaskCreate(vHolder, "holder", 128, NULL, 3, &xTask);
    while (xSemaphoreGetMutexHolder(xMutex) != xTask)
        vTaskDelay(1);
    AWAIT_STATE(xTask, eBlocked);
    CHECK(xSemaphoreGive(xMutex) == pdFALSE);
    CHECK(xMessageBufferReceive(xBuffer, c, sizeof c, 1) == 0);
    CHECK(xTimerPendFunctionCall(vInTimer, NULL, 0, 0) == pdPASS);

    vTaskSuspendAll();
    CHECK(xQueueReceive(xQueue, &ul, 5) == pdFAIL);
    xTaskResumeAll();
    xTaskResumeAll();
    CHECK(xQueueSend(xQueue, NULL, 0) == pdFAIL);
    CHECK(xQueueSend((QueueHandle_t)xTask, &ul, 0) == pdFAIL);
    uxTasks = uxTaskGetNumberOfTasks();
    vTaskDelete(xTask);
    while (uxTaskGetNumberOfTasks() != uxTasks - 1)
        vTaskDelay(1);
    CHECK(xTaskNotifyGive(xTask) == pdFAIL);
    vQueueDelete(xQueue);
    CHECK(xQueueReceive(xQueue, &ul, 0) == pdFAIL);
    CHECK(xSemaphoreTake(xMutex, portMAX_DELAY) == pdTRUE && xSemaphoreTake(xMutex, portMAX_DELAY) == pdFALSE);
    uxTasks = uxTaskGetNumberOfTasks();
    xTaskCreate(vReturns, "returns", 128, NULL, 3, NULL);
    while (uxTaskGetNumberOfTasks() != uxTasks)
        vTaskDelay(1);
    vTaskEndScheduler();
}

int main(void)
{
    uint32_t ul;

    xQueue = xQueueCreate(2, sizeof(uint32_t));
    xMutex = xSemaphoreCreateMutex();
    xBuffer = xMessageBufferCreate(50);
    CHECK(xQueueReceive(xQueue, &ul, portMAX_DELAY) == pdFAIL);
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    printf("all so\n");
    return 0;
}
