/* The scheduler starts, tasks run, and main goes on when a task ends it. */
#include <stdio.h>

#include "FreeRTOS.h"
#include "task.h"

static void vWorker(void *pvParameters)
{
    TickType_t xLastWake = xTaskGetTickCount();

    for (int i = 0; i < 3; i++) {
        if (xTaskDelayUntil(&xLastWake, 2) != pdTRUE && i == 0)
            printf("late\n");
    }
    printf("%s has %s\n", pcTaskGetName(NULL), (const char *)pvParameters);
    vTaskEndScheduler();
}

int main(void)
{
    TaskHandle_t xHandle = NULL;

    printf("state %d\n", xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED);
    if (xTaskCreate(vWorker, "worker", configMINIMAL_STACK_SIZE, (void *)"run", tskIDLE_PRIORITY + 1, &xHandle) != pdPASS)
        return 1;
    printf("handle below 4 GiB: %d\n", (uintptr_t)xHandle < (uintptr_t)1 << 32);
    vTaskStartScheduler();
    printf("main goes on\n");
    return 0;
}
