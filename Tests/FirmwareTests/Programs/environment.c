/* A firmware for tests of its own logic, that asks for one core and virtual time itself. */
#include <stdio.h>
#include <stdlib.h>

#include "FreeRTOS.h"
#include "task.h"

static volatile int iRan;

static void vLow(void *pvParameters)
{
    (void)pvParameters;
    iRan = 1;
    vTaskDelete(NULL);
}

static void vHigh(void *pvParameters)
{
    int iIsSingle;

    (void)pvParameters;
    xTaskCreate(vLow, "low", configMINIMAL_STACK_SIZE, NULL, 1, NULL);
    for (volatile int i = 0; i < 1000000; i++) {
    }
    iIsSingle = !iRan;
    /* A day is over at once. */
    vTaskDelay(pdMS_TO_TICKS(24 * 60 * 60 * 1000UL));
    printf("%s, %s ticks\n", iIsSingle ? "single core" : "parallel", iRan ? "virtual" : "other");
    vTaskEndScheduler();
}

int main(void)
{
    setenv("HIL_CPU", "single", 1);
    setenv("HIL_TICK", "virtual", 1);
    xTaskCreate(vHigh, "high", configMINIMAL_STACK_SIZE, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
