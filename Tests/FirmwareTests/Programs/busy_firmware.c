/* A firmware that uses everything at once: tasks of equal and of different priorities, a mutex, queues, a message buffer,
 * timers, events, a UART and an SPI device. Its output and its task switches repeat from the seed. */
#include <stdio.h>
#include <string.h>

#include "FreeRTOS_IO.h"
#include "event_groups.h"
#include "message_buffer.h"
#include "timers.h"
#include "check.h"

#define ROUNDS 20

static QueueHandle_t xQueue;
static SemaphoreHandle_t xMutex, xTokens;
static MessageBufferHandle_t xMessages;
static EventGroupHandle_t xDone;
static Peripheral_Descriptor_t xUART, xSPI;
static uint32_t ulShared;

static void vProducer(void *pvParameters)
{
    uint32_t ulOwn = (uint32_t)(uintptr_t)pvParameters;

    for (uint32_t ul = 0; ul < ROUNDS; ul++) {
        uint32_t ulItem = ulOwn << 16 | ul;

        CHECK(xSemaphoreTake(xMutex, portMAX_DELAY) == pdTRUE);
        for (uint32_t i = 0; i < 3 * ulOwn; i++)
            ulShared += (uint32_t)uxQueueMessagesWaiting(xQueue);
        CHECK(xSemaphoreGive(xMutex) == pdTRUE);
        CHECK(xQueueSend(xQueue, &ulItem, portMAX_DELAY) == pdPASS);
        (void)xSemaphoreTake(xTokens, ul % 4);
        if (ul % 5 == ulOwn)
            vTaskDelay(2);
    }
    xEventGroupSetBits(xDone, 1u << ulOwn);
    vTaskDelete(NULL);
}

static void vConsumer(void *pvParameters)
{
    (void)pvParameters;
    for (int i = 0; i < 3 * ROUNDS; i++) {
        uint32_t ulItem;

        CHECK(xQueueReceive(xQueue, &ulItem, portMAX_DELAY) == pdPASS);
        CHECK(xMessageBufferSend(xMessages, &ulItem, 1 + ulItem % 4, portMAX_DELAY) == 1 + ulItem % 4);
    }
    vTaskDelete(NULL);
}

static void vSender(void *pvParameters)
{
    static uint8_t ucBuffer[100];

    (void)pvParameters;
    CHECK(FreeRTOS_ioctl(xSPI, ioctlUSE_ZERO_COPY_TX, NULL) == pdPASS);
    for (int i = 0; i < 3 * ROUNDS; i++) {
        uint8_t ucMessage[8];
        size_t x = xMessageBufferReceive(xMessages, ucMessage, sizeof ucMessage, portMAX_DELAY);

        CHECK(x >= 1 && x <= 4);
        CHECK(FreeRTOS_write(xUART, ucMessage, x) == x);
        CHECK(FreeRTOS_ioctl(xSPI, ioctlOBTAIN_WRITE_MUTEX, pdMS_TO_TICKS(1000)) == pdPASS);
        memset(ucBuffer, i, sizeof ucBuffer);
        CHECK(FreeRTOS_write(xSPI, ucBuffer, sizeof ucBuffer) == sizeof ucBuffer);
    }
    CHECK(FreeRTOS_ioctl(xSPI, ioctlWAIT_PREVIOUS_WRITE_COMPLETE, pdMS_TO_TICKS(1000)) == pdPASS);
    xEventGroupSetBits(xDone, 1u << 8);
    vTaskDelete(NULL);
}

static void vListener(void *pvParameters)
{
    uint32_t ulBytes = 0;
    uint8_t ucIn[3];
    size_t x;

    (void)pvParameters;
    do {
        x = FreeRTOS_read(xUART, ucIn, sizeof ucIn);
        ulBytes += (uint32_t)x;
    } while (x > 0 || (xEventGroupGetBits(xDone) & 1u << 8) == 0);
    printf("%u bytes came back\n", (unsigned)ulBytes);
    xEventGroupSetBits(xDone, 1u << 9);
    vTaskDelete(NULL);
}

static void vTick(TimerHandle_t xTimer)
{
    (void)xTimer;
    (void)xSemaphoreGive(xTokens);
}

static void vMain(void *pvParameters)
{
    TimerHandle_t xTimer = xTimerCreate("tokens", 3, pdTRUE, NULL, vTick);

    (void)pvParameters;
    xUART = FreeRTOS_open("/UART1/", NULL);
    xSPI = FreeRTOS_open("/SPI1/", NULL);
    CHECK(xUART != NULL && xSPI != NULL);
    CHECK(FreeRTOS_ioctl(xUART, ioctlSET_SPEED, 115200) == pdPASS && FreeRTOS_ioctl(xSPI, ioctlSET_SPEED, 500000) == pdPASS);
    CHECK(FreeRTOS_ioctl(xUART, ioctlUSE_CIRCULAR_BUFFER_RX, 1000) == pdPASS);
    CHECK(FreeRTOS_ioctl(xUART, ioctlUSE_CHARACTER_QUEUE_TX, 10) == pdPASS);
    CHECK(FreeRTOS_ioctl(xUART, ioctlSET_TX_TIMEOUT, portMAX_DELAY) == pdPASS);
    CHECK(FreeRTOS_ioctl(xUART, ioctlSET_RX_TIMEOUT, 50) == pdPASS);
    CHECK(xTimerStart(xTimer, 0) == pdPASS);
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(xTaskCreate(vProducer, "producer", 128, (void *)i, 3 + i / 2, NULL) == pdPASS);
    CHECK(xTaskCreate(vConsumer, "consumer", 128, NULL, 3, NULL) == pdPASS);
    CHECK(xTaskCreate(vSender, "sender", 128, NULL, 5, NULL) == pdPASS);
    CHECK(xTaskCreate(vListener, "listener", 128, NULL, 2, NULL) == pdPASS);
    CHECK((xEventGroupWaitBits(xDone, 0x307, pdFALSE, pdTRUE, portMAX_DELAY) & 0x307) == 0x307);
    printf("tick %u, shared %u\n", (unsigned)xTaskGetTickCount(), (unsigned)ulShared);
    vTaskEndScheduler();
}

int main(void)
{
    xQueue = xQueueCreate(4, sizeof(uint32_t));
    xMutex = xSemaphoreCreateMutex();
    xTokens = xSemaphoreCreateCounting(10, 0);
    xMessages = xMessageBufferCreate(40);
    xDone = xEventGroupCreate();
    CHECK(xTaskCreate(vMain, "main", 128, NULL, 6, NULL) == pdPASS);
    vTaskStartScheduler();
    return 0;
}
