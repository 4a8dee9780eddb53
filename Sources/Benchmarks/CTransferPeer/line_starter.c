#include "line_starter.h"

#include "CMeasuring.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>

struct line_starter {
    int port;
    pthread_t thread;
    sem_t requests;
    atomic_bool ends;
    uint64_t delay_ns;
    _Atomic uint64_t started_at;
};

static void *run(void *argument)
{
    struct line_starter *starter = argument;
    for (;;) {
        while (sem_wait(&starter->requests) < 0 && errno == EINTR)
            continue;
        if (atomic_load(&starter->ends))
            return NULL;
        struct timespec delay = {
            .tv_sec = (time_t)(starter->delay_ns / 1000000000u),
            .tv_nsec = (long)(starter->delay_ns % 1000000000u),
        };
        nanosleep(&delay, NULL);
        atomic_store(&starter->started_at, peer_now());
        tcflow(starter->port, TCOON);
    }
}

struct line_starter *line_starter_create(int port)
{
    struct line_starter *starter = calloc(1, sizeof *starter);
    if (starter == NULL)
        return NULL;
    starter->port = port;
    sem_init(&starter->requests, 0, 0);
    int failure = pthread_create(&starter->thread, NULL, run, starter);
    if (failure == 0)
        return starter;
    free(starter);
    errno = failure;
    return NULL;
}

void line_starter_destroy(struct line_starter *starter)
{
    atomic_store(&starter->ends, true);
    sem_post(&starter->requests);
    pthread_join(starter->thread, NULL);
    sem_destroy(&starter->requests);
    free(starter);
}

void line_starter_stop(struct line_starter *starter)
{
    tcflow(starter->port, TCOOFF);
}

void line_starter_start_soon(struct line_starter *starter, uint64_t delay_ns)
{
    starter->delay_ns = delay_ns;
    sem_post(&starter->requests);
}

uint64_t line_starter_started_at(const struct line_starter *starter)
{
    return atomic_load(&starter->started_at);
}
