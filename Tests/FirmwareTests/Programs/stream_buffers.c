/* Stream and message buffers: every function, each answer, callbacks, interrupts. */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "message_buffer.h"
#include "stream_buffer.h"
#include "check.h"

static void vStream(void)
{
    StreamBufferHandle_t xBuffer = xStreamBufferCreate(10, 1);
    char c[16] = "0123456789abcde", g[16];
    BaseType_t xWoken = pdFALSE;

    CHECK(xStreamBufferIsEmpty(xBuffer) == pdTRUE && xStreamBufferIsFull(xBuffer) == pdFALSE);
    CHECK(xStreamBufferReceive(xBuffer, g, 4, 0) == 0 && xStreamBufferReceive(xBuffer, g, 4, 2) == 0);
    CHECK(xStreamBufferSend(xBuffer, c, 4, 0) == 4 && xStreamBufferSendFromISR(xBuffer, c + 4, 2, &xWoken) == 2);
    CHECK(xStreamBufferBytesAvailable(xBuffer) == 6 && xStreamBufferSpacesAvailable(xBuffer) == 4);
    CHECK(xStreamBufferSend(xBuffer, c + 6, 9, 0) == 4 && xStreamBufferIsFull(xBuffer) == pdTRUE);
    CHECK(xStreamBufferSend(xBuffer, c, 1, 2) == 0 && xStreamBufferSendFromISR(xBuffer, c, 1, NULL) == 0);
    CHECK(xStreamBufferReceive(xBuffer, g, 3, portMAX_DELAY) == 3 && memcmp(g, "012", 3) == 0);
    CHECK(xStreamBufferReceiveFromISR(xBuffer, g, 16, &xWoken) == 7 && memcmp(g, "3456789", 7) == 0);
    CHECK(xStreamBufferReceiveFromISR(xBuffer, g, 16, NULL) == 0 && xWoken == pdFALSE);
    CHECK(xStreamBufferNextMessageLengthBytes(xBuffer) == 0);
    CHECK(xStreamBufferSetTriggerLevel(xBuffer, 10) == pdTRUE && xStreamBufferSetTriggerLevel(xBuffer, 11) == pdFALSE);
    CHECK(xStreamBufferSend(xBuffer, c, 4, 0) == 4 && xStreamBufferReset(xBuffer) == pdPASS);
    CHECK(xStreamBufferIsEmpty(xBuffer) == pdTRUE && xStreamBufferResetFromISR(xBuffer) == pdPASS);
    vStreamBufferSetStreamBufferNotificationIndex(xBuffer, 2);
    CHECK(uxStreamBufferGetStreamBufferNotificationIndex(xBuffer) == 2);
    vStreamBufferDelete(xBuffer);

    xBuffer = xStreamBatchingBufferCreate(10, 4);
    CHECK(xStreamBufferSend(xBuffer, c, 4, 0) == 4 && xStreamBufferReceive(xBuffer, g, 16, 0) == 0);
    CHECK(xStreamBufferSend(xBuffer, c, 1, 0) == 1 && xStreamBufferReceive(xBuffer, g, 16, 0) == 5);
    vStreamBufferDelete(xBuffer);
}

static void vMessages(void)
{
    static uint8_t ucStorage[101], *pucGot;
    static StaticMessageBuffer_t xStatic;
    StaticStreamBuffer_t *pxGot;
    MessageBufferHandle_t xBuffer = xMessageBufferCreate(30);
    char c[123], g[123];

    memset(c, 'x', sizeof c);
    CHECK(xMessageBufferIsEmpty(xBuffer) == pdTRUE && xMessageBufferNextLengthBytes(xBuffer) == 0);
    CHECK(xMessageBufferSpacesAvailable(xBuffer) == 30);
    CHECK(xMessageBufferSend(xBuffer, c, 0, 0) == 0 && xMessageBufferIsEmpty(xBuffer) == pdTRUE);
    CHECK(xMessageBufferSend(xBuffer, c, 27, portMAX_DELAY) == 0);
    CHECK(xMessageBufferSend(xBuffer, c, 10, 0) == 10 && xMessageBufferSpaceAvailable(xBuffer) == 16);
    CHECK(xMessageBufferSend(xBuffer, c, 13, 2) == 0 && xMessageBufferSend(xBuffer, c, 12, 0) == 12);
    CHECK(xMessageBufferIsFull(xBuffer) == pdTRUE && xMessageBufferSendFromISR(xBuffer, c, 1, NULL) == 0);
    CHECK(xMessageBufferNextLengthBytes(xBuffer) == 10 && xMessageBufferReceive(xBuffer, g, 9, 0) == 0);
    CHECK(xMessageBufferReceive(xBuffer, g, 123, 0) == 10);
    CHECK(xMessageBufferReceiveFromISR(xBuffer, g, 12, NULL) == 12);
    CHECK(xMessageBufferReceive(xBuffer, g, 123, 2) == 0 && xMessageBufferReset(xBuffer) == pdPASS);
    vMessageBufferDelete(xBuffer);

    xBuffer = xMessageBufferCreateStatic(sizeof ucStorage, ucStorage, &xStatic);
    CHECK((void *)xBuffer == (void *)&xStatic && xMessageBufferSpacesAvailable(xBuffer) == 100);
    CHECK(xMessageBufferGetStaticBuffers(xBuffer, &pucGot, &pxGot) == pdTRUE && pucGot == ucStorage);
    vMessageBufferDelete(xBuffer);
}

static StreamBufferHandle_t xPipe;

static void vReader(void *pvParameters)
{
    char g[8];
    size_t x = xStreamBufferReceive(xPipe, g, sizeof g, portMAX_DELAY);

    xTaskNotify((TaskHandle_t)pvParameters, (uint32_t)x, eSetValueWithOverwrite);
    vTaskDelete(NULL);
}

static void vTrigger(void)
{
    uint32_t ulCount = 0;
    BaseType_t xWoken = pdFALSE;
    TaskHandle_t xReader;

    xPipe = xStreamBufferCreate(16, 3);
    xTaskCreate(vReader, "reader", 128, xTaskGetCurrentTaskHandle(), 4, &xReader);
    AWAIT_STATE(xReader, eBlocked);
    CHECK(xStreamBufferReset(xPipe) == pdFAIL);
    CHECK(xStreamBufferSend(xPipe, "ab", 2, 0) == 2);
    CHECK(xTaskNotifyWait(0, 0, &ulCount, 3) == pdFALSE);
    CHECK(xStreamBufferSendFromISR(xPipe, "c", 1, &xWoken) == 1 && xWoken == pdTRUE);
    CHECK(xTaskNotifyWait(0, 0, &ulCount, portMAX_DELAY) == pdTRUE && ulCount == 3);
    vStreamBufferDelete(xPipe);
}

static int iSent, iReceived, iInISR;

static void vSent(StreamBufferHandle_t xBuffer, BaseType_t xIsInsideISR, BaseType_t *const pxWoken)
{
    iSent++;
    iInISR += xIsInsideISR != pdFALSE;
    CHECK((xIsInsideISR != pdFALSE) == (pxWoken != NULL));
    CHECK(xMessageBufferSendCompletedFromISR(xBuffer, pxWoken) == pdFALSE);
}

static void vReceived(StreamBufferHandle_t xBuffer, BaseType_t xIsInsideISR, BaseType_t *const pxWoken)
{
    (void)xIsInsideISR;
    iReceived++;
    CHECK(xMessageBufferReceiveCompletedFromISR(xBuffer, pxWoken) == pdFALSE);
}

static void vCallbacks(void)
{
    MessageBufferHandle_t xBuffer = xMessageBufferCreateWithCallback(50, vSent, vReceived);
    BaseType_t xWoken = pdFALSE;
    char g[8];

    CHECK(xMessageBufferSend(xBuffer, "a", 1, 0) == 1 && xMessageBufferSendFromISR(xBuffer, "b", 1, &xWoken) == 1);
    CHECK(xMessageBufferReceive(xBuffer, g, 8, 0) == 1 && xMessageBufferReceive(xBuffer, g, 8, 0) == 1);
    CHECK(xMessageBufferReceive(xBuffer, g, 8, 0) == 0);
    CHECK(iSent == 2 && iReceived == 2 && iInISR == 1);
    vMessageBufferDelete(xBuffer);
}

static void vMain(void *pvParameters)
{
    (void)pvParameters;
    vStream();
    vMessages();
    vTrigger();
    vCallbacks();
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
