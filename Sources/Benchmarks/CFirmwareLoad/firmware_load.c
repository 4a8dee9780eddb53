#include "CFirmwareLoad.h"

#include "CMeasuring.h"

#include "FreeRTOS.h"
#include "message_buffer.h"
#include "queue.h"
#include "semphr.h"
#include "task.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A measurement: what its tasks share.
struct load {
    MessageBufferHandle_t buffer;
    QueueHandle_t queue;
    TaskHandle_t tasks[2];
    size_t size;
    uint64_t count;
    const int *processors;
    enum firmware_pair pair;
    atomic_int arrived;
    atomic_bool failed;
    uint64_t began;
    uint64_t ended;
    sem_t done;
};

// MARK: Running tasks

static void *schedule(void *unused)
{
    (void)unused;
    vTaskStartScheduler();
    return NULL;
}

// The scheduler runs until the process ends, beside the thread that measures.
static void start_scheduler(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, schedule, NULL) != 0) {
        fputs("no thread could be made\n", stderr);
        abort();
    }
    pthread_detach(thread);
}

static void run(struct load *load, int count, const TaskFunction_t *functions)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_scheduler);
    sem_init(&load->done, 0, 0);
    for (int i = 0; i < count; i++) {
        if (xTaskCreate(functions[i], "load", configMINIMAL_STACK_SIZE, load, 5, &load->tasks[i]) != pdPASS) {
            fputs("no task could be made\n", stderr);
            abort();
        }
    }
    for (int i = 0; i < count; i++)
        sem_wait(&load->done);
    sem_destroy(&load->done);
}

static void begin(struct load *load, int number)
{
    peer_pin(load->processors[number]);
    atomic_fetch_add(&load->arrived, 1);
    while (atomic_load(&load->arrived) < 2)
        taskYIELD();
    if (number == 0)
        load->began = peer_now();
}

static void end(struct load *load)
{
    sem_post(&load->done);
    vTaskDelete(NULL);
}

// MARK: Message buffer

static void send_messages(void *argument)
{
    struct load *load = argument;
    unsigned char *message = aligned_alloc(64, (load->size + 63) & ~(size_t)63);
    memset(message, 0x55, load->size);
    begin(load, 0);
    for (uint64_t i = 0; i < load->count; i++) {
        memcpy(message, &i, sizeof i);
        if (xMessageBufferSend(load->buffer, message, load->size, portMAX_DELAY) != load->size)
            load->failed = true;
    }
    free(message);
    end(load);
}

static void receive_messages(void *argument)
{
    struct load *load = argument;
    unsigned char *message = aligned_alloc(64, (load->size + 63) & ~(size_t)63);
    begin(load, 1);
    for (uint64_t i = 0; i < load->count; i++) {
        uint64_t seen = ~i;
        size_t length = xMessageBufferReceive(load->buffer, message, load->size, portMAX_DELAY);
        memcpy(&seen, message, sizeof seen);
        if (length != load->size || seen != i)
            load->failed = true;
    }
    load->ended = peer_now();
    free(message);
    end(load);
}

uint64_t firmware_message_time(size_t capacity, size_t size, uint64_t count, const int *processors)
{
    struct load load = {.size = size, .count = count, .processors = processors};
    load.buffer = xMessageBufferCreate(capacity);
    run(&load, 2, (const TaskFunction_t[]){send_messages, receive_messages});
    vMessageBufferDelete(load.buffer);
    return load.failed ? 0 : load.ended - load.began;
}

// MARK: Queue

static void send_pointers(void *argument)
{
    struct load *load = argument;
    begin(load, 0);
    for (uint64_t i = 0; i < load->count; i++) {
        void *message = (void *)(uintptr_t)i;
        if (xQueueSend(load->queue, &message, portMAX_DELAY) != pdPASS)
            load->failed = true;
    }
    end(load);
}

static void receive_pointers(void *argument)
{
    struct load *load = argument;
    begin(load, 1);
    for (uint64_t i = 0; i < load->count; i++) {
        void *message = NULL;
        if (xQueueReceive(load->queue, &message, portMAX_DELAY) != pdPASS || (uintptr_t)message != i)
            load->failed = true;
    }
    load->ended = peer_now();
    end(load);
}

uint64_t firmware_queue_time(size_t length, uint64_t count, const int *processors)
{
    struct load load = {.count = count, .processors = processors};
    load.queue = xQueueCreate((UBaseType_t)length, sizeof(void *));
    run(&load, 2, (const TaskFunction_t[]){send_pointers, receive_pointers});
    vQueueDelete(load.queue);
    return load.failed ? 0 : load.ended - load.began;
}

// MARK: Notifications

static void ask(void *argument)
{
    struct load *load = argument;
    // The other one's handle is there once it is known to run.
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    load->began = peer_now();
    for (uint64_t i = 0; i < load->count; i++) {
        xTaskNotifyGive(load->tasks[1]);
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    }
    load->ended = peer_now();
    end(load);
}

static void answer(void *argument)
{
    struct load *load = argument;
    xTaskNotifyGive(load->tasks[0]);
    for (uint64_t i = 0; i < load->count; i++) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
        xTaskNotifyGive(load->tasks[0]);
    }
    end(load);
}

uint64_t firmware_round_trip_time(uint64_t count)
{
    struct load load = {.count = count};
    run(&load, 2, (const TaskFunction_t[]){ask, answer});
    return load.ended - load.began;
}

// MARK: Single calls

static bool make_pair(struct load *load, unsigned char *message, SemaphoreHandle_t semaphore)
{
    void *pointer = message;
    switch (load->pair) {
    case FIRMWARE_MESSAGE_20:
        return xMessageBufferSend(load->buffer, message, 20, 0) == 20
            && xMessageBufferReceive(load->buffer, message, 20, 0) == 20;
    case FIRMWARE_QUEUE:
        return xQueueSend(load->queue, &pointer, 0) == pdPASS && xQueueReceive(load->queue, &pointer, 0) == pdPASS;
    case FIRMWARE_SEMAPHORE:
        return xSemaphoreGive(semaphore) == pdTRUE && xSemaphoreTake(semaphore, 0) == pdTRUE;
    case FIRMWARE_NOTIFICATION:
        return xTaskNotifyGive(load->tasks[0]) == pdPASS && ulTaskNotifyTake(pdTRUE, 0) == 1;
    case FIRMWARE_MUTEX:
        return xSemaphoreTake(semaphore, 0) == pdTRUE && xSemaphoreGive(semaphore) == pdTRUE;
    }
    return false;
}

static void make_pairs(void *argument)
{
    struct load *load = argument;
    load->tasks[0] = xTaskGetCurrentTaskHandle();
    load->buffer = xMessageBufferCreate(4096);
    load->queue = xQueueCreate(64, sizeof(void *));
    SemaphoreHandle_t semaphore =
        load->pair == FIRMWARE_MUTEX ? xSemaphoreCreateMutex() : xSemaphoreCreateCounting(10, 0);
    unsigned char message[32] = {0};
    load->began = peer_now();
    for (uint64_t i = 0; i < load->count; i++)
        if (!make_pair(load, message, semaphore))
            load->failed = true;
    load->ended = peer_now();
    vMessageBufferDelete(load->buffer);
    vQueueDelete(load->queue);
    vSemaphoreDelete(semaphore);
    end(load);
}

uint64_t firmware_pair_time(enum firmware_pair pair, uint64_t count)
{
    struct load load = {.count = count, .pair = pair};
    run(&load, 1, (const TaskFunction_t[]){make_pairs});
    return load.failed ? 0 : load.ended - load.began;
}
