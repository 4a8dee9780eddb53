// What scripts/bench starts again and again: a scheduler that starts, one task, and the scheduler's end.
#include "FreeRTOS.h"
#include "task.h"

static void vOnly(void *pvParameters)
{
    (void)pvParameters;
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vOnly, "only", configMINIMAL_STACK_SIZE, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
