/* Every function of queues, and each of its answers. */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"
#include "check.h"

static QueueHandle_t xQueue;

static void vBasics(void)
{
    uint32_t ulItem = 1, ulGot = 0;
    BaseType_t xWoken = pdFALSE;

    CHECK(uxQueueSpacesAvailable(xQueue) == 3 && uxQueueMessagesWaiting(xQueue) == 0);
    CHECK(uxQueueGetQueueLength(xQueue) == 3 && uxQueueGetQueueItemSize(xQueue) == sizeof(uint32_t));
    CHECK(xQueueReceive(xQueue, &ulGot, 0) == errQUEUE_EMPTY);
    CHECK(xQueuePeek(xQueue, &ulGot, 1) == errQUEUE_EMPTY);
    CHECK(xQueueIsQueueEmptyFromISR(xQueue) == pdTRUE && xQueueIsQueueFullFromISR(xQueue) == pdFALSE);

    CHECK(xQueueSend(xQueue, &ulItem, 0) == pdPASS);
    ulItem = 2;
    CHECK(xQueueSendToBack(xQueue, &ulItem, portMAX_DELAY) == pdPASS);
    ulItem = 3;
    CHECK(xQueueSendToFront(xQueue, &ulItem, 0) == pdPASS);
    CHECK(xQueueSend(xQueue, &ulItem, 0) == errQUEUE_FULL);
    CHECK(xQueueSendToFront(xQueue, &ulItem, 2) == errQUEUE_FULL);
    CHECK(xQueueSendFromISR(xQueue, &ulItem, &xWoken) == errQUEUE_FULL && xWoken == pdFALSE);
    CHECK(xQueueIsQueueEmptyFromISR(xQueue) == pdFALSE && xQueueIsQueueFullFromISR(xQueue) == pdTRUE);
    CHECK(uxQueueSpacesAvailable(xQueue) == 0 && uxQueueMessagesWaitingFromISR(xQueue) == 3);

    CHECK(xQueuePeek(xQueue, &ulGot, 0) == pdPASS && ulGot == 3);
    CHECK(xQueuePeekFromISR(xQueue, &ulGot) == pdPASS && ulGot == 3);
    CHECK(xQueueReceive(xQueue, &ulGot, 0) == pdPASS && ulGot == 3);
    CHECK(xQueueReceiveFromISR(xQueue, &ulGot, &xWoken) == pdPASS && ulGot == 1);
    CHECK(xQueueReceive(xQueue, &ulGot, portMAX_DELAY) == pdPASS && ulGot == 2);
    CHECK(xQueueReceiveFromISR(xQueue, &ulGot, NULL) == pdFAIL && xQueuePeekFromISR(xQueue, &ulGot) == pdFAIL);

    CHECK(xQueueSendToFrontFromISR(xQueue, &ulItem, &xWoken) == pdPASS);
    CHECK(xQueueSendToBackFromISR(xQueue, &ulItem, NULL) == pdPASS);
    CHECK(xQueueReset(xQueue) == pdPASS && uxQueueMessagesWaiting(xQueue) == 0);
}

static void vOverwrite(void)
{
    QueueHandle_t xMailbox = xQueueCreate(1, sizeof(uint32_t));
    uint32_t ulItem = 7, ulGot = 0;

    CHECK(xQueueOverwrite(xMailbox, &ulItem) == pdPASS);
    ulItem = 8;
    CHECK(xQueueOverwrite(xMailbox, &ulItem) == pdPASS);
    CHECK(uxQueueMessagesWaiting(xMailbox) == 1);
    CHECK(xQueuePeek(xMailbox, &ulGot, 0) == pdPASS && ulGot == 8);
    ulItem = 9;
    CHECK(xQueueOverwriteFromISR(xMailbox, &ulItem, NULL) == pdPASS);
    CHECK(xQueueReceive(xMailbox, &ulGot, 0) == pdPASS && ulGot == 9);
    vQueueDelete(xMailbox);
}

static void vStatic(void)
{
    static StaticQueue_t xStatic, *pxGot;
    static uint8_t ucStorage[4 * 16], *pucGot;
    char cItem[16] = "sixteen bytes..", cGot[16];
    QueueHandle_t xHandle = xQueueCreateStatic(4, sizeof cItem, ucStorage, &xStatic);

    CHECK((void *)xHandle == (void *)&xStatic);
    CHECK(xQueueGetStaticBuffers(xHandle, &pucGot, &pxGot) == pdTRUE && pucGot == ucStorage && pxGot == &xStatic);
    CHECK(xQueueSend(xHandle, cItem, 0) == pdPASS);
    CHECK(xQueueReceive(xHandle, cGot, 0) == pdPASS && strcmp(cItem, cGot) == 0);
    vQueueDelete(xHandle);
    CHECK(xQueueGetStaticBuffers(xQueue, &pucGot, &pxGot) == pdFALSE);
}

static void vRegistry(void)
{
    vQueueAddToRegistry(xQueue, "numbers");
    CHECK(strcmp(pcQueueGetName(xQueue), "numbers") == 0);
    vQueueUnregisterQueue(xQueue);
    CHECK(pcQueueGetName(xQueue) == NULL);
}

/* Blocks on the full queue until there is room, then on the empty one until there is an item. */
static void vOther(void *pvParameters)
{
    uint32_t ulItem = 42;
    TaskHandle_t xMain = pvParameters;

    CHECK(xQueueSend(xQueue, &ulItem, portMAX_DELAY) == pdPASS);
    xTaskNotifyGive(xMain);
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    CHECK(xQueueReceive(xQueue, &ulItem, portMAX_DELAY) == pdPASS && ulItem == 77);
    xTaskNotifyGive(xMain);
    vTaskDelete(NULL);
}

static void vBlocking(void)
{
    uint32_t ulItem = 5, ulGot;
    TaskHandle_t xOther;

    for (int i = 0; i < 3; i++)
        CHECK(xQueueSend(xQueue, &ulItem, 0) == pdPASS);
    CHECK(xTaskCreate(vOther, "other", 128, xTaskGetCurrentTaskHandle(), 3, &xOther) == pdPASS);
    AWAIT_STATE(xOther, eBlocked);
    CHECK(xQueueReceive(xQueue, &ulGot, 0) == pdPASS && ulGot == 5);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1);
    CHECK(xQueueReceive(xQueue, &ulGot, 0) == pdPASS && xQueueReceive(xQueue, &ulGot, 0) == pdPASS);
    CHECK(xQueueReceive(xQueue, &ulGot, 0) == pdPASS && ulGot == 42);

    xTaskNotifyGive(xOther);
    vTaskDelay(2);
    AWAIT_STATE(xOther, eBlocked);
    BaseType_t xWoken = pdFALSE;
    ulItem = 77;
    CHECK(xQueueSendFromISR(xQueue, &ulItem, &xWoken) == pdPASS && xWoken == pdTRUE);
    portYIELD_FROM_ISR(xWoken);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1);
}

static void vSets(void)
{
    QueueSetHandle_t xSet = xQueueCreateSet(3 + 2);
    QueueHandle_t xOther = xQueueCreate(2, 1);
    uint32_t ulItem = 1;
    char c = 'c';

    CHECK(xQueueAddToSet(xQueue, xSet) == pdPASS && xQueueAddToSet(xOther, xSet) == pdPASS);
    CHECK(xQueueAddToSet(xOther, xSet) == pdFAIL);
    CHECK(xQueueSelectFromSet(xSet, 0) == NULL && xQueueSelectFromSet(xSet, 1) == NULL);
    CHECK(xQueueSend(xOther, &c, 0) == pdPASS && xQueueSend(xQueue, &ulItem, 0) == pdPASS);
    CHECK(xQueueRemoveFromSet(xQueue, xSet) == pdFAIL);
    CHECK(xQueueSelectFromSet(xSet, portMAX_DELAY) == xOther && xQueueReceive(xOther, &c, 0) == pdPASS);
    CHECK(xQueueSelectFromSetFromISR(xSet) == xQueue && xQueueReceive(xQueue, &ulItem, 0) == pdPASS);
    CHECK(xQueueSelectFromSetFromISR(xSet) == NULL);
    CHECK(xQueueRemoveFromSet(xQueue, xSet) == pdPASS && xQueueRemoveFromSet(xQueue, xSet) == pdFAIL);
    CHECK(xQueueRemoveFromSet(xOther, xSet) == pdPASS);
    vQueueDelete(xOther);
    vQueueDelete(xSet);
}

static void vMain(void *pvParameters)
{
    (void)pvParameters;
    vBasics();
    vOverwrite();
    vStatic();
    vRegistry();
    vBlocking();
    vSets();
    vQueueDelete(xQueue);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xQueue = xQueueCreate(3, sizeof(uint32_t));
    CHECK(xQueue != NULL);
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
