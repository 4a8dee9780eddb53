/* What the firmware's own FreeRTOSConfig.h says is honoured. */
#include <string.h>

#include "FreeRTOS.h"
#include "message_buffer.h"
#include "queue.h"
#include "task.h"
#include "timers.h"
#include "check.h"

static volatile int iIdle, iTicks, iMallocFailed, iStarted, iAsserted, iTold;

void vApplicationIdleHook(void)
{
    iIdle++;
}

void vApplicationTickHook(void)
{
    /* A blocking call in an interrupt is refused, and told. */
    if (iTicks++ == 0)
        vTaskDelay(1);
    CHECK(xPortIsInsideInterrupt() == pdTRUE);
}

void vApplicationMallocFailedHook(void)
{
    iMallocFailed++;
}

void vApplicationDaemonTaskStartupHook(void)
{
    iStarted++;
}

void vAssertCalled(const char *pcFile, int iLine)
{
    CHECK(pcFile != NULL && iLine > 0);
    iAsserted++;
}

void vTellOtherCore(void *pvBuffer)
{
    iTold++;
    xMessageBufferSendCompletedFromISR((MessageBufferHandle_t)pvBuffer, NULL);
}

static void vCallback(TimerHandle_t xTimer)
{
    (void)xTimer;
}

MessageBufferHandle_t xCreateWithBytes(size_t xSize);

static void vMain(void *pvParameters)
{
    MessageBufferHandle_t xBuffer = xMessageBufferCreate(100), xOther = xCreateWithBytes(100);
    TickType_t xStart;
    char g[10];

    (void)pvParameters;
    CHECK(portTICK_PERIOD_MS == 10 && pdMS_TO_TICKS(100) == 10);
    CHECK(strcmp(pcTaskGetName(NULL), "main ") == 0);
    vTaskPrioritySet(NULL, 6);
    vTaskPrioritySet(NULL, 7);
    CHECK(uxTaskPriorityGet(NULL) == 6);
    vTaskPrioritySet(NULL, 1);
    CHECK(uxTaskPriorityGet(xTimerGetTimerDaemonTaskHandle()) == 5);

    CHECK(xPortGetFreeHeapSize() == 4096 && pvPortMalloc(4097) == NULL && iMallocFailed == 1);

    xStart = xTaskGetTickCount();
    vTaskDelay(3);
    CHECK(xTaskGetTickCount() - xStart >= 3 && iTicks >= 2 && iStarted == 1);
    while (iIdle == 0)
        vTaskDelay(1);

    /* Lengths of two bytes here, of one in the other file. */
    CHECK(xMessageBufferSend(xBuffer, "0123456789", 10, 0) == 10 && xMessageBufferSpacesAvailable(xBuffer) == 88);
    CHECK(iTold == 1 && xMessageBufferReceive(xBuffer, g, 10, 0) == 10);
    CHECK(xMessageBufferSend(xOther, "0123456789", 10, 0) == 10 && xMessageBufferSpacesAvailable(xOther) == 89);
    CHECK(iTold == 2);

    CHECK(iAsserted == 1);
    vQueueDelete(NULL);
    CHECK(iAsserted == 2);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    TimerHandle_t xTimer = xTimerCreate("timer", 10, pdTRUE, NULL, vCallback);

    CHECK(xTimerStart(xTimer, 0) == pdPASS && xTimerStop(xTimer, 0) == pdPASS && xTimerStop(xTimer, 0) == pdFAIL);
    xTaskCreate(vMain, "main program", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
