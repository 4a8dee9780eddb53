/* Semaphores and mutexes of all kinds, and each answer. */
#include "FreeRTOS.h"
#include "task.h"
#include "semphr.h"
#include "check.h"

static void vBinary(void)
{
    SemaphoreHandle_t xSemaphore = xSemaphoreCreateBinary();
    StaticSemaphore_t xStatic, *pxGot;
    BaseType_t xWoken = pdFALSE;

    CHECK(uxSemaphoreGetCount(xSemaphore) == 0);
    CHECK(xSemaphoreTake(xSemaphore, 0) == pdFALSE && xSemaphoreTake(xSemaphore, 2) == pdFALSE);
    CHECK(xSemaphoreGive(xSemaphore) == pdTRUE && xSemaphoreGive(xSemaphore) == pdFALSE);
    CHECK(uxSemaphoreGetCountFromISR(xSemaphore) == 1 && uxQueueSpacesAvailable(xSemaphore) == 0);
    CHECK(xSemaphoreTakeFromISR(xSemaphore, &xWoken) == pdTRUE && xSemaphoreTakeFromISR(xSemaphore, NULL) == pdFALSE);
    CHECK(xSemaphoreGiveFromISR(xSemaphore, &xWoken) == pdTRUE && xWoken == pdFALSE);
    CHECK(xSemaphoreGiveFromISR(xSemaphore, NULL) == pdFALSE);
    CHECK(xSemaphoreTake(xSemaphore, portMAX_DELAY) == pdTRUE);
    vSemaphoreDelete(xSemaphore);

    xSemaphore = xSemaphoreCreateBinaryStatic(&xStatic);
    CHECK((void *)xSemaphore == (void *)&xStatic);
    CHECK(xSemaphoreGetStaticBuffer(xSemaphore, &pxGot) == pdTRUE && pxGot == &xStatic);
    vSemaphoreDelete(xSemaphore);
    vSemaphoreCreateBinary(xSemaphore);
    CHECK(xSemaphoreTake(xSemaphore, 0) == pdTRUE);
    vSemaphoreDelete(xSemaphore);
}

static void vCounting(void)
{
    StaticSemaphore_t xStatic;
    SemaphoreHandle_t xSemaphore = xSemaphoreCreateCounting(3, 2);

    CHECK(uxSemaphoreGetCount(xSemaphore) == 2);
    CHECK(xSemaphoreGive(xSemaphore) == pdTRUE && xSemaphoreGive(xSemaphore) == pdFALSE);
    for (int i = 0; i < 3; i++)
        CHECK(xSemaphoreTake(xSemaphore, 0) == pdTRUE);
    CHECK(xSemaphoreTake(xSemaphore, 0) == pdFALSE);
    vSemaphoreDelete(xSemaphore);
    xSemaphore = xSemaphoreCreateCountingStatic(1, 1, &xStatic);
    CHECK((void *)xSemaphore == (void *)&xStatic && xSemaphoreTake(xSemaphore, 0) == pdTRUE);
    vSemaphoreDelete(xSemaphore);
}

static SemaphoreHandle_t xMutex;

static void vHigh(void *pvParameters)
{
    CHECK(xSemaphoreTake(xMutex, 1) == pdFALSE);
    xTaskNotifyGive((TaskHandle_t)pvParameters);
    CHECK(xSemaphoreTake(xMutex, portMAX_DELAY) == pdTRUE);
    CHECK(xSemaphoreGetMutexHolder(xMutex) == xTaskGetCurrentTaskHandle());
    CHECK(xSemaphoreGive(xMutex) == pdTRUE);
    xTaskNotifyGive((TaskHandle_t)pvParameters);
    vTaskDelete(NULL);
}

static void vMutex(void)
{
    TaskHandle_t xSelf = xTaskGetCurrentTaskHandle();

    xMutex = xSemaphoreCreateMutex();
    CHECK(xSemaphoreGetMutexHolder(xMutex) == NULL && uxSemaphoreGetCount(xMutex) == 1);
    CHECK(xSemaphoreGive(xMutex) == pdFALSE);
    CHECK(xSemaphoreTake(xMutex, 0) == pdTRUE && xSemaphoreTake(xMutex, 0) == pdFALSE);
    CHECK(xSemaphoreTake(xMutex, 2) == pdFALSE);
    CHECK(xSemaphoreGetMutexHolder(xMutex) == xSelf && xSemaphoreGetMutexHolderFromISR(xMutex) == xSelf);
    CHECK(uxSemaphoreGetCount(xMutex) == 0);

    CHECK(xTaskCreate(vHigh, "high", 128, xSelf, 5, NULL) == pdPASS);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1);
    while (uxTaskPriorityGet(NULL) != 5)
        vTaskDelay(1);
    CHECK(uxTaskBasePriorityGet(NULL) == 2);
    CHECK(xSemaphoreGive(xMutex) == pdTRUE);
    CHECK(uxTaskPriorityGet(NULL) == 2);
    CHECK(ulTaskNotifyTake(pdTRUE, portMAX_DELAY) == 1);
    CHECK(uxSemaphoreGetCount(xMutex) == 1);

    /* Given by an interrupt after it was reset, as a semaphore. */
    CHECK(xQueueReset(xMutex) == pdPASS && xSemaphoreTake(xMutex, 0) == pdFALSE);
    CHECK(xSemaphoreGiveFromISR(xMutex, NULL) == pdTRUE && xSemaphoreGiveFromISR(xMutex, NULL) == pdFALSE);
    CHECK(xSemaphoreTake(xMutex, 0) == pdTRUE && xSemaphoreGive(xMutex) == pdTRUE);
    vSemaphoreDelete(xMutex);
}

static void vRecursive(void)
{
    StaticSemaphore_t xStatic;
    SemaphoreHandle_t xRecursive = xSemaphoreCreateRecursiveMutex();

    CHECK(xSemaphoreGiveRecursive(xRecursive) == pdFALSE);
    for (int i = 0; i < 3; i++)
        CHECK(xSemaphoreTakeRecursive(xRecursive, 0) == pdTRUE);
    for (int i = 0; i < 3; i++) {
        CHECK(xSemaphoreGetMutexHolder(xRecursive) == xTaskGetCurrentTaskHandle());
        CHECK(xSemaphoreGiveRecursive(xRecursive) == pdTRUE);
    }
    CHECK(xSemaphoreGetMutexHolder(xRecursive) == NULL && xSemaphoreGiveRecursive(xRecursive) == pdFALSE);
    vSemaphoreDelete(xRecursive);
    xRecursive = xSemaphoreCreateRecursiveMutexStatic(&xStatic);
    CHECK((void *)xRecursive == (void *)&xStatic && xSemaphoreTakeRecursive(xRecursive, 0) == pdTRUE);
    CHECK(xSemaphoreGiveRecursive(xRecursive) == pdTRUE);
    vSemaphoreDelete(xRecursive);
    xMutex = xSemaphoreCreateMutexStatic(&xStatic);
    CHECK((void *)xMutex == (void *)&xStatic);
    vSemaphoreDelete(xMutex);
}

static void vSets(void)
{
    QueueSetHandle_t xSet = xQueueCreateSet(2);
    SemaphoreHandle_t xSemaphore = xSemaphoreCreateBinary(), xFull = xSemaphoreCreateCounting(1, 1);

    CHECK(xQueueAddToSet(xSemaphore, xSet) == pdPASS && xQueueAddToSet(xFull, xSet) == pdFAIL);
    CHECK(xSemaphoreGiveFromISR(xSemaphore, NULL) == pdTRUE);
    CHECK(xQueueSelectFromSet(xSet, 5) == xSemaphore && xSemaphoreTake(xSemaphore, 0) == pdTRUE);
    CHECK(xQueueRemoveFromSet(xSemaphore, xSet) == pdPASS);
    vSemaphoreDelete(xSemaphore);
    vSemaphoreDelete(xFull);
    vQueueDelete(xSet);
}

static void vMain(void *pvParameters)
{
    (void)pvParameters;
    vBinary();
    vCounting();
    vMutex();
    vRecursive();
    vSets();
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
