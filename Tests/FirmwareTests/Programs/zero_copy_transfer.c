/* The example of FreeRTOS+IO's page on the interrupt driven zero copy transfer mode. Its braces are put back, the
 * buffer that it assumes is there, and what it leaves out for simplicity is checked. */
#include <stdio.h>
#include <string.h>

/* FreeRTOS+IO includes. */
#include "FreeRTOS_IO.h"

static uint8_t ucBuffer[100];

static void vAFunction(void)
{
    /* The Peripheral_Descriptor_t type is the FreeRTOS+IO equivalent of a descriptor. */
    Peripheral_Descriptor_t xOpenedPort;
    BaseType_t xReturned;
    const uint32_t ulMaxBlock100ms = (100UL / portTICK_PERIOD_MS);

    xOpenedPort = FreeRTOS_open("/SPI2/", NULL);

    if (xOpenedPort != NULL) {
        xReturned = FreeRTOS_ioctl(xOpenedPort, ioctlUSE_ZERO_COPY_TX, NULL);
        printf("zero copy: %ld\n", xReturned);

        xReturned = FreeRTOS_ioctl(xOpenedPort, ioctlOBTAIN_WRITE_MUTEX, ulMaxBlock100ms);
        printf("mutex: %ld\n", xReturned);
        if (xReturned == pdTRUE) {
            memset(ucBuffer, 0xA5, 100);
            xReturned = FreeRTOS_write(xOpenedPort, ucBuffer, 100);
            if (xReturned == 100) {
                printf("first write started\n");
            }
        }

        xReturned = FreeRTOS_ioctl(xOpenedPort, ioctlOBTAIN_WRITE_MUTEX, ulMaxBlock100ms);
        if (xReturned == pdTRUE) {
            memset(ucBuffer, 0, 100);
            xReturned = FreeRTOS_write(xOpenedPort, ucBuffer, 100);
            printf("second write: %ld\n", xReturned);
        }

        xReturned = FreeRTOS_ioctl(xOpenedPort, ioctlWAIT_PREVIOUS_WRITE_COMPLETE, ulMaxBlock100ms);
        printf("complete: %ld\n", xReturned);
    }
}

static void vTask(void *pvParameters)
{
    (void)pvParameters;
    vAFunction();
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vTask, "sender", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
