/* "Messages of length 10, 20 and 123 bytes can all be written to, and read from, the same message buffer." And a 10 byte
 * message takes 14, a 100 byte message 104 bytes. */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "message_buffer.h"
#include "check.h"

#define ROUNDS 2000

static const size_t xSizes[] = { 10, 20, 123 };
static MessageBufferHandle_t xBuffer;

static void vWriter(void *pvParameters)
{
    uint8_t ucMessage[123];

    (void)pvParameters;
    for (uint32_t ul = 0; ul < ROUNDS; ul++) {
        size_t x = xSizes[ul % 3];
        memset(ucMessage, (int)ul, x);
        CHECK(xMessageBufferSend(xBuffer, ucMessage, x, portMAX_DELAY) == x);
    }
    vTaskDelete(NULL);
}

static void vReader(void *pvParameters)
{
    uint8_t ucMessage[123];

    (void)pvParameters;
    for (uint32_t ul = 0; ul < ROUNDS; ul++) {
        size_t x = xMessageBufferReceive(xBuffer, ucMessage, sizeof ucMessage, portMAX_DELAY);
        CHECK(x == xSizes[ul % 3]);
        for (size_t i = 0; i < x; i++)
            CHECK(ucMessage[i] == (uint8_t)ul);
    }
    printf("%d messages\n", ROUNDS);
    vTaskEndScheduler();
}

int main(void)
{
    uint8_t ucMessage[100] = { 0 };

    xBuffer = xMessageBufferCreate(300);
    CHECK(xMessageBufferSend(xBuffer, ucMessage, 10, 0) == 10 && xMessageBufferSpacesAvailable(xBuffer) == 300 - 14);
    CHECK(xMessageBufferSend(xBuffer, ucMessage, 100, 0) == 100 && xMessageBufferSpacesAvailable(xBuffer) == 300 - 118);
    CHECK(xMessageBufferReceive(xBuffer, ucMessage, 9, 0) == 0);
    CHECK(xMessageBufferReset(xBuffer) == pdPASS);
    xTaskCreate(vWriter, "writer", 128, NULL, 2, NULL);
    xTaskCreate(vReader, "reader", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
