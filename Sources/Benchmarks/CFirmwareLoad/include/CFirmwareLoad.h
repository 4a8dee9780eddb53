// Work for firmware's C interface to be measured with: tasks as firmware would write them.
#ifndef HILBRIDGE_CFIRMWARELOAD_H
#define HILBRIDGE_CFIRMWARELOAD_H

#include <stddef.h>
#include <stdint.h>

// Two tasks, bound to the processors: one sends `count` messages of `size` bytes, at least 8, through a message buffer,
// the other receives and checks them. Returns nanoseconds, or 0 if one was not what was sent.
uint64_t firmware_message_time(size_t capacity, size_t size, uint64_t count, const int *_Nonnull processors);

// The same with pointers through a queue.
uint64_t firmware_queue_time(size_t length, uint64_t count, const int *_Nonnull processors);

// Two tasks of one priority that notify each other in turn: nanoseconds for `count` times there and back.
uint64_t firmware_round_trip_time(uint64_t count);

// Pairs of calls that never block, made by one task.
enum firmware_pair {
    FIRMWARE_MESSAGE_20,
    FIRMWARE_QUEUE,
    FIRMWARE_SEMAPHORE,
    FIRMWARE_NOTIFICATION,
    FIRMWARE_MUTEX,
};

// Nanoseconds for `count` pairs; 0 if a call failed.
uint64_t firmware_pair_time(enum firmware_pair pair, uint64_t count);

#endif
