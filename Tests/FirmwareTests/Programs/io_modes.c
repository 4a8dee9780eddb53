/* FreeRTOS+IO: every request on a UART and an SPI device of the built-in board, and each answer. */
#include <stdio.h>
#include <string.h>

#include "FreeRTOS_IO.h"
#include "check.h"

static uint8_t ucOut[64], ucIn[64];

static void vPolled(Peripheral_Descriptor_t x)
{
    memset(ucIn, 0, sizeof ucIn);
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_POLLED_TX, NULL) == pdPASS && FreeRTOS_ioctl(x, ioctlUSE_POLLED_RX, NULL) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlWAIT_PREVIOUS_WRITE_COMPLETE, 10) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlOBTAIN_WRITE_MUTEX, 10) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlCLEAR_RX_BUFFER, NULL) == pdFAIL);
}

static void vZeroCopy(Peripheral_Descriptor_t x)
{
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_ZERO_COPY_TX, NULL) == pdPASS);
    CHECK(FreeRTOS_write(x, ucOut, 10) == 0);
    CHECK(FreeRTOS_ioctl(x, ioctlRELEASE_WRITE_MUTEX, NULL) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlOBTAIN_WRITE_MUTEX, portMAX_DELAY) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlOBTAIN_WRITE_MUTEX, 0) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_POLLED_TX, NULL) == pdFAIL);
    CHECK(FreeRTOS_write(x, ucOut, 0) == 0);
    CHECK(FreeRTOS_ioctl(x, ioctlRELEASE_WRITE_MUTEX, NULL) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlOBTAIN_WRITE_MUTEX, 100) == pdPASS);
    CHECK(FreeRTOS_write(x, ucOut, sizeof ucOut) == sizeof ucOut);
    CHECK(FreeRTOS_ioctl(x, ioctlWAIT_PREVIOUS_WRITE_COMPLETE, portMAX_DELAY) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_POLLED_TX, NULL) == pdPASS);
}

static void vUART(void)
{
    Peripheral_Descriptor_t x = FreeRTOS_open((const int8_t *)"/UART3/", 0);

    CHECK(x != NULL && FreeRTOS_open("/UART3/", NULL) == x);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPEED, 921600) == pdPASS && FreeRTOS_ioctl(x, ioctlSET_SPEED, (void *)0) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPI_DATA_BITS, 8) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_INTERRUPT_PRIORITY, (void *)0) == pdPASS);

    vPolled(x);
    CHECK(FreeRTOS_write(x, ucOut, 16) == 16 && FreeRTOS_read(x, ucIn, 16) == 16 && memcmp(ucIn, ucOut, 16) == 0);

    CHECK(FreeRTOS_ioctl(x, ioctlUSE_CIRCULAR_BUFFER_RX, 64) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_RX_COALESCING, 1000) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_RX_COALESCING, 10001) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_RX_COALESCING, 0) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_RX_TIMEOUT, 50) == pdPASS);
    vZeroCopy(x);
    CHECK(FreeRTOS_read(x, ucIn, sizeof ucIn) == sizeof ucIn && memcmp(ucIn, ucOut, sizeof ucIn) == 0);
    CHECK(FreeRTOS_read(x, ucIn, 1) == 0);

    CHECK(FreeRTOS_ioctl(x, ioctlUSE_CHARACTER_QUEUE_TX, 32) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_CHARACTER_QUEUE_RX, 64) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_TX_TIMEOUT, portMAX_DELAY) == pdPASS);
    CHECK(FreeRTOS_write(x, ucOut, 40) == 40);
    CHECK(FreeRTOS_ioctl(x, ioctlWAIT_PREVIOUS_WRITE_COMPLETE, portMAX_DELAY) == pdPASS);
    CHECK(FreeRTOS_read(x, ucIn, 40) == 40 && memcmp(ucIn, ucOut, 40) == 0);
    CHECK(FreeRTOS_write(x, ucOut, 8) == 8 && FreeRTOS_read(x, ucIn, 8) == 8);
    CHECK(FreeRTOS_ioctl(x, ioctlCLEAR_RX_BUFFER, NULL) == pdPASS);
}

static void vSPI(void)
{
    Peripheral_Descriptor_t x = FreeRTOS_open("/SPI2/", NULL);

    CHECK(x != NULL && FreeRTOS_open("/SPI9/", NULL) == NULL && FreeRTOS_open((char *)0, NULL) == NULL);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPEED, (void *)1000000) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPI_DATA_BITS, (void *)8) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPI_CLOCK_PHASE, boardSPI_SAMPLE_ON_LEADING_EDGE_CPHA_0) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPI_CLOCK_POLARITY, boardSPI_CLOCK_BASE_VALUE_CPOL_0) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPI_MODE, boardSPI_MASTER_MODE) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SPI_MODE, boardSPI_SLAVE_MODE) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_SSP_FRAME_FORMAT, boardSSP_FRAME_SPI) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlSET_I2C_SLAVE_ADDRESS, 0x50) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlUSE_INTERRUPTS, pdTRUE) == pdFAIL);
    CHECK(FreeRTOS_ioctl(x, ioctlHOLD_CHIP_SELECT, NULL) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, ioctlRELEASE_CHIP_SELECT, NULL) == pdPASS);
    CHECK(FreeRTOS_ioctl(x, 12345, NULL) == pdFAIL);
    vPolled(x);
    CHECK(FreeRTOS_write(x, ucOut, 16) == 16 && FreeRTOS_read(x, ucIn, 16) == 16);
    /* MOSI is wired to MISO: what comes in is the dummy byte that goes out. */
    CHECK(ucIn[0] == 0xFF && ucIn[15] == 0xFF);
    vZeroCopy(x);
}

static void vMain(void *pvParameters)
{
    (void)pvParameters;
    for (size_t i = 0; i < sizeof ucOut; i++)
        ucOut[i] = (uint8_t)(i * 7);
    vUART();
    vSPI();
    CHECK(FreeRTOS_write(NULL, ucOut, 1) == 0 && FreeRTOS_read(ucOut, ucIn, 1) == 0);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
