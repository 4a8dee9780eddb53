/* In parallel, threads that stop each other at the same time, and the frames of functions that have started threads. */
#include "cmsis_check.h"

static osThreadId_t pair[2];
static volatile int go;

static void counts(void *argument)
{
    volatile uint32_t *count = argument;

    for (;;) {
        (*count)++;
        osThreadYield();
    }
}

static void stops_the_other(void *argument)
{
    int other = argument == NULL;

    while (!go)
        osThreadYield();
    osThreadTerminate(pair[other]);
}

static void terminates(void)
{
    volatile uint32_t count[4] = {0}, before[4];
    osThreadId_t threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = osThreadNew(counts, (void *)&count[i], NULL);
    for (int i = 0; i < 10; i++)
        osThreadYield();
    for (int i = 0; i < 4; i++)
        CHECK(osThreadTerminate(threads[i]) == osOK);
    for (int i = 0; i < 4; i++)
        before[i] = count[i];
    for (int i = 0; i < 20000; i++)
        CHECK(count[i % 4] == before[i % 4]);
}

static void each_other(void)
{
    osThreadAttr_t attributes = {.attr_bits = osThreadJoinable};

    go = 0;
    pair[0] = osThreadNew(stops_the_other, NULL, &attributes);
    pair[1] = osThreadNew(stops_the_other, pair, &attributes);
    go = 1;
    CHECK(osThreadJoin(pair[0]) == osOK && osThreadJoin(pair[1]) == osOK);
}

static void checks(void)
{
    for (int i = 0; i < 50; i++) {
        terminates();
        each_other();
    }
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    start_checks();
    osKernelStart();
    return 1;
}
