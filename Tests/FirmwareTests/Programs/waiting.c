/* Tasks that all wait use no processor: no thread of the process wakes up. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "FreeRTOS_IO.h"
#include "event_groups.h"
#include "message_buffer.h"
#include "timers.h"
#include "check.h"

static void vOnQueue(void *pvQueue)
{
    uint32_t ul;

    xQueueReceive(pvQueue, &ul, portMAX_DELAY);
}

static void vOnSemaphore(void *pvSemaphore)
{
    xSemaphoreTake(pvSemaphore, portMAX_DELAY);
}

static void vOnMessages(void *pvBuffer)
{
    char c[8];

    xMessageBufferReceive(pvBuffer, c, sizeof c, portMAX_DELAY);
}

static void vOnEvents(void *pvGroup)
{
    xEventGroupWaitBits(pvGroup, 1, pdFALSE, pdFALSE, portMAX_DELAY);
}

static void vOnUART(void *pvUART)
{
    char c;

    FreeRTOS_read(pvUART, &c, 1);
}

static void vOnNotification(void *pvParameters)
{
    (void)pvParameters;
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
}

/* How often threads of this process, but for the calling one, have gone to sleep. */
static unsigned long ulSleeps(void)
{
    DIR *pxThreads = opendir("/proc/self/task");
    struct dirent *pxThread;
    unsigned long ulSum = 0;

    CHECK(pxThreads != NULL);
    while ((pxThread = readdir(pxThreads)) != NULL) {
        char cPath[300], cLine[200];
        unsigned long ul;
        FILE *pxFile;

        if (atoi(pxThread->d_name) == 0 || atoi(pxThread->d_name) == gettid())
            continue;
        snprintf(cPath, sizeof cPath, "/proc/self/task/%s/status", pxThread->d_name);
        pxFile = fopen(cPath, "r");
        CHECK(pxFile != NULL);
        while (fgets(cLine, sizeof cLine, pxFile) != NULL)
            if (sscanf(cLine, "voluntary_ctxt_switches: %lu", &ul) == 1)
                ulSum += ul;
        fclose(pxFile);
    }
    closedir(pxThreads);
    return ulSum;
}

static void vWatch(void *pvParameters)
{
    unsigned long ulBefore, ulAfter;
    int i = 0;

    (void)pvParameters;
    /* Until they have all gone to sleep. */
    do {
        ulBefore = ulSleeps();
        vTaskDelay(pdMS_TO_TICKS(100));
        ulAfter = ulSleeps();
    } while (ulBefore != ulAfter && ++i < 50);
    vTaskDelay(pdMS_TO_TICKS(1000));
    ulAfter = ulSleeps();
    if (ulAfter == ulBefore)
        printf("nobody woke up\n");
    else
        printf("woke up %lu times\n", ulAfter - ulBefore);
    vTaskEndScheduler();
}

int main(void)
{
    Peripheral_Descriptor_t xUART = FreeRTOS_open("/UART0/", NULL);

    CHECK(xUART != NULL && FreeRTOS_ioctl(xUART, ioctlUSE_CIRCULAR_BUFFER_RX, 64) == pdPASS);
    CHECK(FreeRTOS_ioctl(xUART, ioctlSET_RX_TIMEOUT, portMAX_DELAY) == pdPASS);
    xTaskCreate(vOnQueue, "queue", 128, xQueueCreate(1, 4), 2, NULL);
    xTaskCreate(vOnSemaphore, "semaphore", 128, xSemaphoreCreateBinary(), 2, NULL);
    xTaskCreate(vOnMessages, "messages", 128, xMessageBufferCreate(64), 2, NULL);
    xTaskCreate(vOnEvents, "events", 128, xEventGroupCreate(), 2, NULL);
    xTaskCreate(vOnUART, "uart", 128, (void *)(uintptr_t)xUART, 2, NULL);
    xTaskCreate(vOnNotification, "notification", 128, NULL, 2, NULL);
    xTaskCreate(vWatch, "watch", 128, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
