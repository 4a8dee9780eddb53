// Firmware in C++ includes the same headers.
#include <cstdio>

#include "FreeRTOS.h"
#include "FreeRTOS_IO.h"
#include "event_groups.h"
#include "message_buffer.h"
#include "queue.h"
#include "semphr.h"
#include "stream_buffer.h"
#include "task.h"
#include "timers.h"

namespace {

QueueHandle_t queue;

void task(void *)
{
    Peripheral_Descriptor_t port = FreeRTOS_open("/SPI2/", NULL);
    int item = 1;

    FreeRTOS_ioctl(port, ioctlUSE_ZERO_COPY_TX, NULL);
    if (FreeRTOS_ioctl(port, ioctlOBTAIN_WRITE_MUTEX, pdMS_TO_TICKS(100)) == pdPASS)
        FreeRTOS_ioctl(port, ioctlRELEASE_WRITE_MUTEX, nullptr);
    MessageBufferHandle_t buffer = xMessageBufferCreate(100);
    xMessageBufferSend(buffer, &item, sizeof item, 0);
    xQueueSend(queue, &item, portMAX_DELAY);
    xQueueReceive(queue, &item, portMAX_DELAY);
    std::printf("%d\n", item);
    vTaskEndScheduler();
}

} // namespace

int main()
{
    queue = xQueueCreate(1, sizeof(int));
    xTaskCreate(task, "task", configMINIMAL_STACK_SIZE, nullptr, tskIDLE_PRIORITY + 1, nullptr);
    vTaskStartScheduler();
}
