/* A task that waits in a device is deleted: the device is free for others, and what comes in is theirs. */
#include "FreeRTOS.h"
#include "FreeRTOS_IO.h"
#include "check.h"
#include "task.h"

static Peripheral_Descriptor_t x;

static void vReader(void *pvParameters)
{
    uint8_t ucIn[4];

    (void)pvParameters;
    FreeRTOS_read(x, ucIn, sizeof ucIn);
    CHECK(!"a deleted task goes on");
}

static void vWriter(void *pvParameters)
{
    static uint8_t ucOut[60000];

    (void)pvParameters;
    FreeRTOS_write(x, ucOut, sizeof ucOut);
    CHECK(!"a deleted task goes on");
}

static void vCheckIsFree(void)
{
    const uint8_t ucOut[4] = {1, 2, 3, 4};
    uint8_t ucIn[4] = {0};

    CHECK(FreeRTOS_write(x, ucOut, sizeof ucOut) == sizeof ucOut);
    CHECK(FreeRTOS_read(x, ucIn, sizeof ucIn) == sizeof ucIn);
    CHECK(ucIn[0] == 1 && ucIn[1] == 2 && ucIn[2] == 3 && ucIn[3] == 4);
}

static void vMain(void *pvParameters)
{
    TaskHandle_t xFirst, xSecond;

    (void)pvParameters;
    x = FreeRTOS_open("/UART1/", NULL);
    CHECK(x != NULL);

    /* Polled, one in the device and one behind it. */
    CHECK(xTaskCreate(vReader, "first", 1000, NULL, 3, &xFirst) == pdPASS);
    CHECK(xTaskCreate(vReader, "second", 1000, NULL, 3, &xSecond) == pdPASS);
    vTaskDelay(pdMS_TO_TICKS(20));
    vTaskDelete(xFirst);
    vTaskDelay(pdMS_TO_TICKS(20));
    vTaskDelete(xSecond);
    vTaskDelay(pdMS_TO_TICKS(20));
    vCheckIsFree();

    /* On its way out, a minute at 9600 baud, and one that waits for its turn. */
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPEED, 9600) == pdPASS);
    CHECK(xTaskCreate(vWriter, "first", 1000, NULL, 3, &xFirst) == pdPASS);
    CHECK(xTaskCreate(vWriter, "second", 1000, NULL, 3, &xSecond) == pdPASS);
    vTaskDelay(pdMS_TO_TICKS(20));
    vTaskDelete(xSecond);
    vTaskDelete(xFirst);
    /* When this byte is off the wire, what had left before has come in. */
    CHECK(FreeRTOS_write(x, "", 1) == 1);
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_CIRCULAR_BUFFER_RX, 100000) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlCLEAR_RX_BUFFER, NULL) == pdPASS);
    vCheckIsFree();

    /* In a buffered read. */
    CHECK(FreeRTOS_ioctl(x, ioctlSET_RX_TIMEOUT, portMAX_DELAY) == pdPASS);
    CHECK(xTaskCreate(vReader, "first", 1000, NULL, 3, &xFirst) == pdPASS);
    vTaskDelay(pdMS_TO_TICKS(20));
    vTaskDelete(xFirst);
    vTaskDelay(pdMS_TO_TICKS(20));
    vCheckIsFree();
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 1000, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
