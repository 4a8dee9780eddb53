#ifndef HILBRIDGE_MEASURING_H
#define HILBRIDGE_MEASURING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// CLOCK_MONOTONIC in nanoseconds.
uint64_t peer_now(void);

// Sleeps so many nanoseconds.
void peer_sleep(uint64_t nanoseconds);

// Binds the calling thread, and those it starts from now on, to one processor; -1 lets it run on all. Returns 0 or an
// errno.
int peer_pin(int processor);

#ifdef __cplusplus
}
#endif

#endif
