#ifndef HILBRIDGE_LOCKED_QUEUE_H
#define HILBRIDGE_LOCKED_QUEUE_H

#include <stddef.h>
#include <stdint.h>

// The queue that everybody writes first: a ring of pointers, a mutex and two condition variables.
//
// `pairs` producers send `count` pointers each, and as many consumers take `count` each and check that those of one
// producer come in order. `processors` has the producers first. Returns nanoseconds, or 0 if one was lost, repeated or
// out of order.
uint64_t locked_queue_time(size_t capacity, int pairs, uint64_t count, const int *_Nonnull processors);

#endif
