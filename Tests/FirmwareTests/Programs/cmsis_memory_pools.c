/* Memory pools, and each answer. */
#include "cmsis_check.h"

static osMemoryPoolId_t pool;
static void *handed;

static void takes(void *argument)
{
    void **block = argument;

    *block = osMemoryPoolAlloc(pool, osWaitForever);
}

static void creation(void)
{
    static uint32_t memory[12];
    static uint64_t control[8];
    osMemoryPoolAttr_t attributes = {.name = "blocks", .mp_mem = memory, .mp_size = sizeof memory};

    CHECK(osMemoryPoolNew(0, 4, NULL) == NULL && osMemoryPoolNew(4, 0, NULL) == NULL);
    CHECK(osMemoryPoolNew(0x10000, 0x10000, NULL) == NULL);
    /* 4 blocks of 10 bytes take 48. */
    pool = osMemoryPoolNew(4, 10, &attributes);
    CHECK(pool != NULL && strcmp(osMemoryPoolGetName(pool), "blocks") == 0);
    CHECK(osMemoryPoolAlloc(pool, 0) == memory && osMemoryPoolAlloc(pool, 0) == &memory[3]);
    CHECK(osMemoryPoolDelete(pool) == osOK && osMemoryPoolDelete(pool) == osErrorParameter);
    attributes.mp_size--;
    CHECK(osMemoryPoolNew(4, 10, &attributes) == NULL);
    attributes.mp_size = sizeof memory;
    attributes.mp_mem = (char *)memory + 2;
    CHECK(osMemoryPoolNew(3, 4, &attributes) == NULL);
    attributes.mp_mem = NULL;
    CHECK(osMemoryPoolNew(4, 10, &attributes) == NULL);
    attributes = (osMemoryPoolAttr_t){.cb_size = sizeof control};
    CHECK(osMemoryPoolNew(4, 10, &attributes) == NULL);
    attributes.cb_mem = control;
    CHECK(osMemoryPoolNew(4, 10, &attributes) == control && osMemoryPoolDelete(control) == osOK);
}

static void blocks(void)
{
    char *first, *second;

    pool = osMemoryPoolNew(2, 6, NULL);
    CHECK(pool != NULL && osMemoryPoolGetName(pool) == NULL && osMemoryPoolGetName(NULL) == NULL);
    CHECK(osMemoryPoolGetCapacity(pool) == 2 && osMemoryPoolGetBlockSize(pool) == 8);
    CHECK(osMemoryPoolGetCount(pool) == 0 && osMemoryPoolGetSpace(pool) == 2);
    CHECK(osMemoryPoolGetCapacity(NULL) == 0 && osMemoryPoolGetBlockSize(NULL) == 0);
    CHECK(osMemoryPoolGetCount(NULL) == 0 && osMemoryPoolGetSpace(NULL) == 0);

    first = osMemoryPoolAlloc(pool, 0);
    second = osMemoryPoolAlloc(pool, osWaitForever);
    CHECK(first != NULL && second == first + 8 && (uintptr_t)second < (uintptr_t)1 << 32);
    CHECK(osMemoryPoolGetCount(pool) == 2 && osMemoryPoolGetSpace(pool) == 0);
    CHECK(osMemoryPoolAlloc(pool, 0) == NULL && osMemoryPoolAlloc(pool, 2) == NULL);
    CHECK(osMemoryPoolAlloc(NULL, 0) == NULL && osMemoryPoolFree(NULL, first) == osErrorParameter);
    CHECK(osMemoryPoolFree(pool, NULL) == osErrorParameter && osMemoryPoolFree(pool, &first) == osErrorParameter);
    CHECK(osMemoryPoolFree(pool, first + 4) == osErrorParameter);
    CHECK(osMemoryPoolFree(pool, first) == osOK && osMemoryPoolFree(pool, first) == osErrorParameter);
    CHECK(osMemoryPoolAlloc(pool, 0) == first);
}

static void hand_over(void)
{
    void *first = NULL, *second = NULL;
    osThreadId_t low, high;

    low = start_thread(takes, &first, osPriorityBelowNormal);
    until_blocked(low);
    high = start_thread(takes, &second, osPriorityAboveNormal);
    until_blocked(high);
    /* A waiting thread has the block directly. */
    CHECK(osMemoryPoolFree(pool, handed) == osOK && osMemoryPoolGetCount(pool) == 2);
    CHECK(osThreadJoin(high) == osOK && second == handed && first == NULL);
    CHECK(osMemoryPoolDelete(pool) == osOK);
    CHECK(osThreadJoin(low) == osOK && first == NULL && osMemoryPoolAlloc(pool, 0) == NULL);
}

static void in_interrupt(void *argument)
{
    (void)argument;
    CHECK(osMemoryPoolNew(1, 4, NULL) == NULL && osMemoryPoolDelete(pool) == osErrorISR);
    CHECK(osMemoryPoolAlloc(pool, 0) == NULL && osMemoryPoolAlloc(pool, 1) == NULL);
    CHECK(osMemoryPoolFree(pool, handed) == osOK && osMemoryPoolGetSpace(pool) == 1);
    CHECK(osMemoryPoolGetCapacity(pool) == 2 && osMemoryPoolGetBlockSize(pool) == 8 && osMemoryPoolGetCount(pool) == 1);
    CHECK(osMemoryPoolAlloc(pool, 0) == handed);
}

static void checks(void)
{
    blocks();
    CHECK(osMemoryPoolDelete(pool) == osOK);
    pool = osMemoryPoolNew(2, 8, NULL);
    CHECK(osMemoryPoolAlloc(pool, 0) != NULL && (handed = osMemoryPoolAlloc(pool, 0)) != NULL);
    hil_interrupt_run(in_interrupt, NULL);
    hand_over();
}

int main(void)
{
    CHECK(osKernelInitialize() == osOK);
    creation();
    start_checks();
    osKernelStart();
    return 1;
}
