/* In parallel, calls that are about the order give those their time that would go first on one core. It is not for ever,
 * so on a busy machine it may not always be enough. */
#include "FreeRTOS.h"
#include "task.h"
#include "check.h"

#define ROUNDS 50

static volatile int iRuns;

static void vRuns(void *pvParameters)
{
    (void)pvParameters;
    for (;;) {
        iRuns++;
        vTaskSuspend(NULL);
    }
}

static void vYields(void *pvParameters)
{
    (void)pvParameters;
    for (;;) {
        iRuns++;
        taskYIELD();
    }
}

static void vMain(void *pvParameters)
{
    int iCreated = 0, iResumed = 0, iRaised = 0, iYielded = 0;
    TaskHandle_t xTask;

    (void)pvParameters;
    for (int i = 0; i < ROUNDS; i++) {
        iRuns = 0;
        CHECK(xTaskCreate(vRuns, "high", 128, NULL, 3, &xTask) == pdPASS);
        iCreated += iRuns == 1;
        AWAIT_STATE(xTask, eSuspended);
        vTaskResume(xTask);
        iResumed += iRuns == 2;
        vTaskDelete(xTask);

        iRuns = 0;
        vTaskPrioritySet(NULL, 4);
        CHECK(xTaskCreate(vRuns, "middle", 128, NULL, 3, &xTask) == pdPASS);
        vTaskPrioritySet(NULL, 2);
        iRaised += iRuns == 1;
        vTaskDelete(xTask);

        iRuns = 0;
        CHECK(xTaskCreate(vYields, "equal", 128, NULL, 2, &xTask) == pdPASS);
        for (int iTurn = 0; iTurn < 10; iTurn++)
            taskYIELD();
        iYielded += iRuns >= 9 && iRuns <= 11;
        vTaskDelete(xTask);
    }
    if (iCreated < ROUNDS / 2 || iResumed < ROUNDS / 2 || iRaised < ROUNDS / 2 || iYielded < ROUNDS / 2)
        printf("of %d: %d, %d, %d, %d\n", ROUNDS, iCreated, iResumed, iRaised, iYielded);
    printf("all so\n");
    vTaskEndScheduler();
}

int main(void)
{
    xTaskCreate(vMain, "main", 128, NULL, 2, NULL);
    vTaskStartScheduler();
    return 0;
}
