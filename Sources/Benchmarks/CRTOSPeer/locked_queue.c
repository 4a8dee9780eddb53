#include "locked_queue.h"

#include "CMeasuring.h"

#include <pthread.h>
#include <stdlib.h>

struct locked_queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_message;
    pthread_cond_t has_room;
    void **messages;
    size_t capacity;
    size_t first;
    size_t used;
    int pairs;
    uint64_t count;
    struct numbered_check checks[NUMBERED_PRODUCERS];
};

static void put(struct locked_queue *queue, void *message)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->used == queue->capacity)
        pthread_cond_wait(&queue->has_room, &queue->mutex);
    size_t place = queue->first + queue->used;
    queue->messages[place < queue->capacity ? place : place - queue->capacity] = message;
    queue->used++;
    pthread_mutex_unlock(&queue->mutex);
    pthread_cond_signal(&queue->has_message);
}

static void *get(struct locked_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->used == 0)
        pthread_cond_wait(&queue->has_message, &queue->mutex);
    void *message = queue->messages[queue->first];
    queue->first = queue->first + 1 == queue->capacity ? 0 : queue->first + 1;
    queue->used--;
    pthread_mutex_unlock(&queue->mutex);
    pthread_cond_signal(&queue->has_room);
    return message;
}

static void work(void *context, int number)
{
    struct locked_queue *queue = context;
    if (number < queue->pairs) {
        for (uint64_t i = 1; i <= queue->count; i++)
            put(queue, (void *)(uintptr_t)numbered_message(number, i));
    } else {
        struct numbered_check check = {0};
        for (uint64_t i = 0; i < queue->count; i++)
            numbered_see(&check, (uint64_t)(uintptr_t)get(queue));
        queue->checks[number - queue->pairs] = check;
    }
}

uint64_t locked_queue_time(size_t capacity, int pairs, uint64_t count, const int *processors)
{
    struct locked_queue *queue = calloc(1, sizeof *queue);
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->has_message, NULL);
    pthread_cond_init(&queue->has_room, NULL);
    queue->messages = calloc(capacity, sizeof *queue->messages);
    queue->capacity = capacity;
    queue->pairs = pairs;
    queue->count = count;
    uint64_t time = crew_run(2 * pairs, processors, work, queue);
    int is_complete = numbered_is_complete(queue->checks, pairs, pairs, count);
    pthread_cond_destroy(&queue->has_room);
    pthread_cond_destroy(&queue->has_message);
    pthread_mutex_destroy(&queue->mutex);
    free(queue->messages);
    free(queue);
    return is_complete ? time : 0;
}
