/* The use on two cores: tasks of core A write into message buffers; writing interrupts core B, whose handler learns from
 * the control buffer which data buffer has something, and wakes its reader. Core B's interrupt is a thread of its own. */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "message_buffer.h"
#include "check.h"

#define READERS 2
#define ROUNDS 500

static MessageBufferHandle_t xControl, xData[READERS];
static sem_t xInterruptLine;

/* Instead of waking: tells core B which buffer it was. The control buffer's own message is the interrupt. */
void vGenerateCoreBInterrupt(void *pvUpdated)
{
    MessageBufferHandle_t xUpdated = pvUpdated;

    if (xUpdated != xControl)
        CHECK(xMessageBufferSend(xControl, &xUpdated, sizeof xUpdated, 0) == sizeof xUpdated);
    else
        sem_post(&xInterruptLine);
}

static void *pvCoreBInterrupt(void *pv)
{
    for (;;) {
        MessageBufferHandle_t xUpdated;
        BaseType_t xWoken = pdFALSE;

        sem_wait(&xInterruptLine);
        while (xMessageBufferReceiveFromISR(xControl, &xUpdated, sizeof xUpdated, &xWoken) == sizeof xUpdated)
            xMessageBufferSendCompletedFromISR(xUpdated, &xWoken);
        portYIELD_FROM_ISR(xWoken);
    }
    return pv;
}

static TaskHandle_t xCoreA;

static void vCoreBTask(void *pvParameters)
{
    size_t xIndex = (size_t)pvParameters;

    for (int i = 0; i < ROUNDS; i++) {
        char cExpected[16], cGot[16] = "";
        size_t x = xMessageBufferReceive(xData[xIndex], cGot, sizeof cGot, portMAX_DELAY);

        snprintf(cExpected, sizeof cExpected, "%d", i);
        CHECK(x == strlen(cExpected) && strcmp(cExpected, cGot) == 0);
        xTaskNotifyGive(xCoreA);
    }
    vTaskDelete(NULL);
}

static void vCoreATask(void *pvParameters)
{
    (void)pvParameters;
    for (int i = 0; i < ROUNDS; i++) {
        char c[16];

        snprintf(c, sizeof c, "%d", i);
        for (int r = 0; r < READERS; r++)
            CHECK(xMessageBufferSend(xData[r], c, strlen(c), portMAX_DELAY) == strlen(c));
        for (int r = 0; r < READERS; r++)
            ulTaskNotifyTake(pdFALSE, portMAX_DELAY);
    }
    printf("%d messages to each of %d\n", ROUNDS, READERS);
    vTaskEndScheduler();
}

int main(void)
{
    pthread_t xThread;

    sem_init(&xInterruptLine, 0, 0);
    /* Room for all, since this interrupt may be late. */
    xControl = xMessageBufferCreate(16 * READERS * ROUNDS);
    for (int r = 0; r < READERS; r++)
        xData[r] = xMessageBufferCreate(64);
    pthread_create(&xThread, NULL, pvCoreBInterrupt, NULL);
    xTaskCreate(vCoreATask, "core A", 128, NULL, 1, &xCoreA);
    for (size_t r = 0; r < READERS; r++)
        xTaskCreate(vCoreBTask, "core B", 128, (void *)r, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
