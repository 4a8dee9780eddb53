#define _GNU_SOURCE
#include "measuring.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

uint64_t peer_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void peer_sleep(uint64_t nanoseconds)
{
    struct timespec time = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u),
        .tv_nsec = (long)(nanoseconds % 1000000000u),
    };
    nanosleep(&time, NULL);
}

int peer_pin(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor >= 0)
        CPU_SET(processor, &set);
    else
        for (int i = 0; i < CPU_SETSIZE; i++)
            CPU_SET(i, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? errno : 0;
}
