/* On a single core a task that is woken by a queue tries again when it runs: whoever runs before it may be faster, and it
 * then waits for the rest of its time. */
#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"
#include "semphr.h"
#include "event_groups.h"
#include "check.h"

#define WAIT 100

static QueueHandle_t xQueue;
static SemaphoreHandle_t xMutex;
static EventGroupHandle_t xGroup;
static int iDone;

static BaseType_t xBlocked(TaskHandle_t xTask) { return eTaskGetState(xTask) == eBlocked; }

static void vReceiver(void *pv)
{
    TickType_t xStart = xTaskGetTickCount();
    char c;

    (void)pv;
    CHECK(xQueueReceive(xQueue, &c, WAIT) == errQUEUE_EMPTY);
    CHECK(xTaskGetTickCount() - xStart >= WAIT && xTaskGetTickCount() - xStart < WAIT + 10);
    CHECK(xQueueReceive(xQueue, &c, portMAX_DELAY) == pdPASS && c == 'z');
    iDone++;
    vTaskDelete(NULL);
}

static void vSender(void *pv)
{
    TickType_t xStart = xTaskGetTickCount();
    char c = 's';

    (void)pv;
    CHECK(xQueueSend(xQueue, &c, WAIT) == errQUEUE_FULL);
    CHECK(xTaskGetTickCount() - xStart >= WAIT && xTaskGetTickCount() - xStart < WAIT + 10);
    CHECK(xQueueSend(xQueue, &c, portMAX_DELAY) == pdPASS);
    iDone++;
    vTaskDelete(NULL);
}

static void vPeeker(void *pv)
{
    char c;

    (void)pv;
    CHECK(xQueuePeek(xQueue, &c, portMAX_DELAY) == pdPASS && uxQueueMessagesWaiting(xQueue) == 1);
    iDone++;
    CHECK(uxTaskPriorityGet(NULL) != 5 || xQueueReceive(xQueue, &c, 0) == pdPASS);
    vTaskDelete(NULL);
}

static void vWaiter(void *pv)
{
    (void)pv;
    CHECK(xEventGroupWaitBits(xGroup, 1, pdFALSE, pdTRUE, portMAX_DELAY) == 0);
    iDone++;
    vTaskDelete(NULL);
}

static void vTakesGiven(void *pv)
{
    (void)pv;
    CHECK(xSemaphoreTake(xMutex, portMAX_DELAY) == pdPASS && xSemaphoreGetMutexHolder(xMutex) != NULL);
    CHECK(xSemaphoreGive(xMutex) == pdPASS);
    iDone++;
    vTaskDelete(NULL);
}

static void vChecks(void *pv)
{
    TaskHandle_t xOther;
    char c = 'a';

    (void)pv;
    CHECK(xTaskCreate(vReceiver, "receiver", 128, NULL, 1, &xOther) == pdPASS);
    vTaskDelay(5);
    for (int i = 0; i < 3; i++) {
        CHECK(xBlocked(xOther) && xQueueSend(xQueue, &c, 0) == pdPASS && uxQueueMessagesWaiting(xQueue) == 1);
        CHECK(xQueueReceive(xQueue, &c, 0) == pdPASS);
        /* It tries, and waits again. */
        vTaskPrioritySet(xOther, 4);
        CHECK(xBlocked(xOther) && iDone == 0);
        vTaskPrioritySet(xOther, 1);
    }
    vTaskDelay(2 * WAIT);
    c = 'z';
    CHECK(xBlocked(xOther) && xQueueSend(xQueue, &c, 0) == pdPASS);
    vTaskDelay(1);
    CHECK(iDone == 1 && uxQueueMessagesWaiting(xQueue) == 0);

    c = 'b';
    for (int i = 0; i < 2; i++)
        CHECK(xQueueSend(xQueue, &c, 0) == pdPASS);
    CHECK(xTaskCreate(vSender, "sender", 128, NULL, 1, &xOther) == pdPASS);
    vTaskDelay(5);
    for (int i = 0; i < 3; i++) {
        CHECK(xBlocked(xOther) && xQueueReceive(xQueue, &c, 0) == pdPASS && uxQueueMessagesWaiting(xQueue) == 1);
        CHECK(xQueueSend(xQueue, &c, 0) == pdPASS);
        vTaskPrioritySet(xOther, 4);
        CHECK(xBlocked(xOther) && iDone == 1);
        vTaskPrioritySet(xOther, 1);
    }
    vTaskDelay(2 * WAIT);
    CHECK(xBlocked(xOther) && xQueueReceive(xQueue, &c, 0) == pdPASS && c == 'b');
    vTaskDelay(1);
    CHECK(iDone == 2 && uxQueueMessagesWaiting(xQueue) == 2);

    /* Those who peek do so one after the other, as long as it is there. */
    xQueueReset(xQueue);
    CHECK(xTaskCreate(vPeeker, "first", 128, NULL, 5, NULL) == pdPASS);
    CHECK(xTaskCreate(vPeeker, "second", 128, NULL, 4, &xOther) == pdPASS);
    CHECK(xQueueSend(xQueue, &c, 0) == pdPASS && iDone == 3 && xBlocked(xOther) && uxQueueMessagesWaiting(xQueue) == 0);
    CHECK(xTaskCreate(vPeeker, "third", 128, NULL, 4, NULL) == pdPASS && xQueueSend(xQueue, &c, 0) == pdPASS);
    CHECK(iDone == 5 && uxQueueMessagesWaiting(xQueue) == 1);

    /* Who waits for what is deleted runs before the call returns, if its priority is higher. */
    CHECK(xTaskCreate(vWaiter, "waiter", 128, NULL, 4, &xOther) == pdPASS && xBlocked(xOther));
    vEventGroupDelete(xGroup);
    CHECK(iDone == 6);

    /* A mutex that an interrupt gives to a task is given, and full, before the task runs. */
    xMutex = xSemaphoreCreateMutex();
    CHECK(xQueueReset(xMutex) == pdPASS && xSemaphoreTake(xMutex, 0) == pdFAIL);
    CHECK(xTaskCreate(vTakesGiven, "takes", 128, NULL, 1, &xOther) == pdPASS);
    vTaskDelay(2);
    CHECK(xBlocked(xOther) && xSemaphoreGiveFromISR(xMutex, NULL) == pdPASS);
    CHECK(xSemaphoreGiveFromISR(xMutex, NULL) == pdFAIL && iDone == 6);
    vTaskDelay(1);
    CHECK(iDone == 7 && xSemaphoreTake(xMutex, 0) == pdPASS);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xQueue = xQueueCreate(2, 1);
    xGroup = xEventGroupCreate();
    xTaskCreate(vChecks, "checks", 128, NULL, 3, NULL);
    vTaskStartScheduler();
    return 0;
}
