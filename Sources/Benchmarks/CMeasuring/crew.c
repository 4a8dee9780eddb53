#include "crew.h"

#include "measuring.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct crew {
    int count;
    atomic_int arrived;
    crew_body body;
    void *context;
};

struct member {
    struct crew *crew;
    pthread_t thread;
    int number;
    int processor;
    uint64_t began;
    uint64_t ended;
};

static void *run(void *argument)
{
    struct member *member = argument;
    struct crew *crew = member->crew;
    if (member->processor >= 0)
        peer_pin(member->processor);
    atomic_fetch_add(&crew->arrived, 1);
    // Yields, because there may be more threads than processors.
    while (atomic_load(&crew->arrived) < crew->count)
        sched_yield();
    member->began = peer_now();
    crew->body(crew->context, member->number);
    member->ended = peer_now();
    return NULL;
}

uint64_t crew_run(int count, const int *processors, crew_body body, void *context)
{
    struct crew crew = {.count = count, .body = body, .context = context};
    struct member *members = calloc((size_t)count, sizeof *members);
    for (int i = 0; i < count; i++) {
        members[i] = (struct member){.crew = &crew, .number = i, .processor = processors[i]};
        if (pthread_create(&members[i].thread, NULL, run, &members[i]) != 0) {
            // Those who have begun would wait for ever.
            fputs("no thread could be made\n", stderr);
            abort();
        }
    }
    uint64_t began = UINT64_MAX;
    uint64_t ended = 0;
    for (int i = 0; i < count; i++) {
        pthread_join(members[i].thread, NULL);
        if (members[i].began < began)
            began = members[i].began;
        if (members[i].ended > ended)
            ended = members[i].ended;
    }
    free(members);
    return ended - began;
}
