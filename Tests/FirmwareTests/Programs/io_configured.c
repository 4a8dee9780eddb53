/* A firmware's own FreeRTOSIOConfig.h switches transfer modes off, and its board file names the devices. */
#include "FreeRTOS_IO.h"
#include "check.h"

static void vMain(void *pvParameters)
{
    Peripheral_Descriptor_t xPort = FreeRTOS_open("/CONSOLE/", NULL), xBus = FreeRTOS_open("/SENSOR/", NULL);

    (void)pvParameters;
    CHECK(xPort != NULL && xBus != NULL && FreeRTOS_open("/SPI2/", NULL) == NULL);
    CHECK(FreeRTOS_ioctl(xPort, ioctlUSE_ZERO_COPY_TX, NULL) == pdFAIL);
    CHECK(FreeRTOS_ioctl(xBus, ioctlUSE_ZERO_COPY_TX, NULL) == pdFAIL);
    CHECK(FreeRTOS_ioctl(xPort, ioctlUSE_CHARACTER_QUEUE_TX, 10) == pdFAIL);
    CHECK(FreeRTOS_ioctl(xPort, ioctlUSE_CHARACTER_QUEUE_RX, 10) == pdFAIL);
    CHECK(FreeRTOS_ioctl(xPort, ioctlUSE_CIRCULAR_BUFFER_RX, 10) == pdPASS);
    CHECK(FreeRTOS_ioctl(xBus, ioctlUSE_CHARACTER_QUEUE_TX, 10) == pdPASS);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
