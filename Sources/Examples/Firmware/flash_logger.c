/* A data logger, as firmware for a microcontroller is written: a task samples, another one logs to a NOR flash on SPI and
 * tells over a UART. Nothing in here knows that it runs on a PC.
 *
 *   cc flash_logger.c $(pkg-config --cflags --libs hilbridge) -o flash_logger
 */
#include <stdio.h>
#include <string.h>

#include "FreeRTOS_IO.h"
#include "message_buffer.h"

#define SAMPLES 64
#define PAGE 256

/* A 25-series flash's commands. */
#define WRITE_ENABLE 0x06
#define READ_STATUS 0x05
#define PAGE_PROGRAM 0x02
#define READ_DATA 0x03
#define ERASE_SECTOR 0x20
#define READ_JEDEC_ID 0x9F

typedef struct {
    uint32_t ulNumber;
    uint32_t ulTick;
    int16_t sValues[6];
} Sample_t;

static Peripheral_Descriptor_t xFlash, xConsole;
static MessageBufferHandle_t xSamples;

static void vSay(const char *pcText)
{
    FreeRTOS_write(xConsole, pcText, strlen(pcText));
}

/* A command, and its answer under the same chip select. */
static void vAsk(const void *pvCommand, size_t xCommand, void *pvAnswer, size_t xAnswer)
{
    FreeRTOS_ioctl(xFlash, ioctlHOLD_CHIP_SELECT, 0);
    FreeRTOS_write(xFlash, pvCommand, xCommand);
    FreeRTOS_read(xFlash, pvAnswer, xAnswer);
    FreeRTOS_ioctl(xFlash, ioctlRELEASE_CHIP_SELECT, 0);
}

static void vWaitUntilReady(void)
{
    uint8_t ucStatus;

    do {
        vAsk((const uint8_t[]){READ_STATUS}, 1, &ucStatus, 1);
        if ((ucStatus & 1) != 0)
            vTaskDelay(1);
    } while ((ucStatus & 1) != 0);
}

static void vChange(uint8_t ucCommand, uint32_t ulAddress, const void *pvData, size_t xLength)
{
    uint8_t ucBytes[4 + PAGE] = {ucCommand, (uint8_t)(ulAddress >> 16), (uint8_t)(ulAddress >> 8), (uint8_t)ulAddress};
    const uint8_t ucEnable = WRITE_ENABLE;

    if (xLength > 0)
        memcpy(ucBytes + 4, pvData, xLength);
    FreeRTOS_write(xFlash, &ucEnable, 1);
    FreeRTOS_write(xFlash, ucBytes, 4 + xLength);
    vWaitUntilReady();
}

/* Every 5 ms a sample of 20 bytes. */
static void vSampler(void *pvParameters)
{
    TickType_t xWake = xTaskGetTickCount();

    (void)pvParameters;
    for (uint32_t ul = 0; ul < SAMPLES; ul++) {
        Sample_t xSample = {.ulNumber = ul, .ulTick = xTaskGetTickCount()};

        for (int i = 0; i < 6; i++)
            xSample.sValues[i] = (int16_t)(100 * i + (int)ul);
        xMessageBufferSend(xSamples, &xSample, sizeof xSample, portMAX_DELAY);
        vTaskDelayUntil(&xWake, pdMS_TO_TICKS(5));
    }
    vTaskDelete(NULL);
}

static int iVerify(void)
{
    int iWrong = 0;

    for (uint32_t ul = 0; ul < SAMPLES; ul++) {
        uint32_t ulAddress = ul * (uint32_t)sizeof(Sample_t);
        uint8_t ucCommand[4] = {READ_DATA, (uint8_t)(ulAddress >> 16), (uint8_t)(ulAddress >> 8), (uint8_t)ulAddress};
        Sample_t xSample;

        vAsk(ucCommand, sizeof ucCommand, &xSample, sizeof xSample);
        if (xSample.ulNumber != ul || xSample.sValues[5] != (int16_t)(500 + (int)ul))
            iWrong++;
    }
    return iWrong;
}

static void vLogger(void *pvParameters)
{
    char cText[80];
    uint8_t ucID[3];
    static uint8_t ucPage[PAGE];
    size_t xFilled = 0;
    uint32_t ulAddress = 0;

    (void)pvParameters;
    vAsk((const uint8_t[]){READ_JEDEC_ID}, 1, ucID, sizeof ucID);
    snprintf(cText, sizeof cText, "flash %02x %02x %02x\n", ucID[0], ucID[1], ucID[2]);
    vSay(cText);
    vChange(ERASE_SECTOR, 0, NULL, 0);

    for (int i = 0; i < SAMPLES; i++) {
        Sample_t xSample;
        const uint8_t *pucBytes = (const uint8_t *)&xSample;
        size_t xLeft = xMessageBufferReceive(xSamples, &xSample, sizeof xSample, portMAX_DELAY);

        while (xLeft > 0) {
            size_t xPart = xLeft < PAGE - xFilled ? xLeft : PAGE - xFilled;

            memcpy(ucPage + xFilled, pucBytes, xPart);
            pucBytes += xPart;
            xLeft -= xPart;
            xFilled += xPart;
            if (xFilled == PAGE || (i == SAMPLES - 1 && xLeft == 0)) {
                vChange(PAGE_PROGRAM, ulAddress, ucPage, xFilled);
                ulAddress += PAGE;
                xFilled = 0;
            }
        }
    }
    snprintf(cText, sizeof cText, "%d samples logged, %d wrong\n", SAMPLES, iVerify());
    vSay(cText);
    vTaskDelete(NULL);
}

/* Stands for whoever listens at the other end of the UART, which is a loop: the logger says two lines. */
static void vListener(void *pvParameters)
{
    int iLines = 0;
    char c;

    (void)pvParameters;
    while (iLines < 2 && FreeRTOS_read(xConsole, &c, 1) == 1) {
        putchar(c);
        if (c == '\n')
            iLines++;
    }
    vTaskEndScheduler();
}

int main(void)
{
    xFlash = FreeRTOS_open("/SPI3/", NULL);
    xConsole = FreeRTOS_open("/UART0/", NULL);
    if (xFlash == NULL || xConsole == NULL)
        return 1;
    FreeRTOS_ioctl(xFlash, ioctlSET_SPEED, 10000000);
    FreeRTOS_ioctl(xConsole, ioctlSET_SPEED, 115200);
    FreeRTOS_ioctl(xConsole, ioctlUSE_CIRCULAR_BUFFER_RX, 256);
    xSamples = xMessageBufferCreate(1024);
    xTaskCreate(vSampler, "sampler", configMINIMAL_STACK_SIZE, NULL, 3, NULL);
    xTaskCreate(vLogger, "logger", configMINIMAL_STACK_SIZE, NULL, 2, NULL);
    xTaskCreate(vListener, "listener", configMINIMAL_STACK_SIZE, NULL, 4, NULL);
    vTaskStartScheduler();
    return 0;
}
