#ifndef HILBRIDGE_IDEAL_RING_H
#define HILBRIDGE_IDEAL_RING_H

#include <stddef.h>
#include <stdint.h>

// The least that can pass messages between two threads: a ring of bytes with a counter for each side, each with a copy
// of the other's, far apart; no time-outs, no sleep, nobody to tell.
//
// Sends `count` messages of `size` bytes, at least 8, from a thread on `processors[0]` to one on `processors[1]` and
// checks them. With records each message has a prefix of 4 bytes and is padded to 8; without, the ring is a stream.
// `capacity` is a power of two. Returns nanoseconds, or 0 if a message was not what was sent.
uint64_t ideal_ring_time(
    size_t capacity, size_t size, int has_records, uint64_t count, const int *_Nonnull processors);

#endif
