/* On a single core a loop on any call of FreeRTOS lets time pass, and those of higher priority in. */
#include <signal.h>
#include <unistd.h>

#include "FreeRTOS_IO.h"
#include "event_groups.h"
#include "message_buffer.h"
#include "queue.h"
#include "semphr.h"
#include "timers.h"
#include "check.h"

static volatile int iHasPassed;
static const char *volatile pcCall = "";

static void vTells(int iSignal)
{
    (void)iSignal;
    printf("no time passes in %s\n", pcCall);
    fflush(stdout);
    _Exit(1);
}

static void vClock(void *pvParameters)
{
    (void)pvParameters;
    for (;;) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        vTaskDelay(2);
        iHasPassed = 1;
    }
}

static TaskHandle_t xClock;

#define LOOP(call)               \
    do {                         \
        iHasPassed = 0;          \
        pcCall = #call;          \
        xTaskNotifyGive(xClock); \
        while (!iHasPassed)      \
            (void)(call);        \
    } while (0)

static void vCallback(TimerHandle_t xTimer)
{
    (void)xTimer;
}

static void vOther(void *pvParameters)
{
    (void)pvParameters;
    vTaskSuspend(NULL);
}

static void vMain(void *pvParameters)
{
    QueueHandle_t xQueue = xQueueCreate(2, 4), xSet = xQueueCreateSet(2);
    SemaphoreHandle_t xSemaphore = xSemaphoreCreateBinary(), xMutex = xSemaphoreCreateRecursiveMutex();
    EventGroupHandle_t xGroup = xEventGroupCreate();
    StreamBufferHandle_t xStream = xStreamBufferCreate(8, 1);
    MessageBufferHandle_t xMessages = xMessageBufferCreate(32);
    TimerHandle_t xTimer = xTimerCreate("timer", 100000, pdFALSE, NULL, vCallback);
    TaskHandle_t xSelf = xTaskGetCurrentTaskHandle(), xOther;
    uint32_t ul = 0;
    char c = 0;

    (void)pvParameters;
    CHECK(xTaskCreate(vClock, "clock", 128, NULL, 3, &xClock) == pdPASS);
    CHECK(xTaskCreate(vOther, "other", 128, NULL, 0, &xOther) == pdPASS);
    alarm(60);

    LOOP(eTaskGetState(xOther));
    LOOP(uxTaskPriorityGet(xOther));
    LOOP(uxTaskPriorityGetFromISR(xOther));
    LOOP(uxTaskBasePriorityGet(xOther));
    LOOP(xTaskGetTickCount());
    LOOP(xTaskGetTickCountFromISR());
    LOOP(xTaskGetSchedulerState());
    LOOP(uxTaskGetNumberOfTasks());
    LOOP(xTaskGetCurrentTaskHandle());
    LOOP(xTaskGetIdleTaskHandle());
    LOOP(pcTaskGetName(xOther));
    LOOP(xTaskGetHandle("other"));
    LOOP(uxTaskGetStackHighWaterMark(NULL));
    LOOP(pvTaskGetThreadLocalStoragePointer(NULL, 0));
    LOOP(xTaskGetApplicationTaskTag(NULL));
    LOOP(ulTaskNotifyTake(pdTRUE, 0));
    LOOP(xTaskNotifyWait(0, 0, NULL, 0));
    LOOP(xTaskNotify(xOther, 1, eSetBits));
    LOOP(ulTaskNotifyValueClear(xSelf, 1));
    LOOP(xTaskNotifyStateClear(xSelf));
    LOOP(xTaskAbortDelay(xOther));
    LOOP(xTaskResumeFromISR(xSelf));
    LOOP((vTaskDelay(0), 0));
    LOOP((vTaskPrioritySet(NULL, 1), 0));
    LOOP((taskYIELD(), 0));
    LOOP((taskENTER_CRITICAL(), taskEXIT_CRITICAL(), 0));
    LOOP((vTaskSuspendAll(), xTaskResumeAll()));

    LOOP(uxQueueMessagesWaiting(xQueue));
    LOOP(uxQueueMessagesWaitingFromISR(xQueue));
    LOOP(uxQueueSpacesAvailable(xQueue));
    LOOP(xQueueIsQueueEmptyFromISR(xQueue));
    LOOP(xQueueIsQueueFullFromISR(xQueue));
    LOOP(xQueueReceive(xQueue, &ul, 0));
    LOOP(xQueueReceiveFromISR(xQueue, &ul, NULL));
    LOOP(xQueuePeek(xQueue, &ul, 0));
    LOOP(xQueueReset(xQueue));
    LOOP(xQueueSelectFromSet(xSet, 0));
    LOOP(xQueueSend(xQueue, &ul, 0));
    LOOP(xQueueSendFromISR(xQueue, &ul, NULL));
    LOOP(xSemaphoreTake(xSemaphore, 0));
    LOOP(xSemaphoreGive(xSemaphore));
    LOOP(uxSemaphoreGetCount(xSemaphore));
    LOOP(xSemaphoreGetMutexHolder(xMutex));
    LOOP((xSemaphoreTakeRecursive(xMutex, 0), xSemaphoreGiveRecursive(xMutex)));

    LOOP(xEventGroupGetBits(xGroup));
    LOOP(xEventGroupGetBitsFromISR(xGroup));
    LOOP(xEventGroupClearBits(xGroup, 1));
    LOOP(xEventGroupSetBits(xGroup, 2));
    LOOP(xEventGroupWaitBits(xGroup, 1, pdFALSE, pdFALSE, 0));

    LOOP(xStreamBufferIsEmpty(xStream));
    LOOP(xStreamBufferIsFull(xStream));
    LOOP(xStreamBufferBytesAvailable(xStream));
    LOOP(xStreamBufferSpacesAvailable(xStream));
    LOOP(xStreamBufferReceive(xStream, &c, 1, 0));
    LOOP(xStreamBufferSend(xStream, &c, 1, 0));
    LOOP(xMessageBufferNextLengthBytes(xMessages));
    LOOP(xMessageBufferReceive(xMessages, &c, 1, 0));

    LOOP(xTimerIsTimerActive(xTimer));
    LOOP(xTimerGetExpiryTime(xTimer));
    LOOP(xTimerGetPeriod(xTimer));
    LOOP(pvTimerGetTimerID(xTimer));
    LOOP(pcTimerGetName(xTimer));
    LOOP(xTimerStart(xTimer, 0));
    LOOP(xPortGetFreeHeapSize());
    LOOP((vPortFree(pvPortMalloc(8)), 0));
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    signal(SIGALRM, vTells);
    xTaskCreate(vMain, "main", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
