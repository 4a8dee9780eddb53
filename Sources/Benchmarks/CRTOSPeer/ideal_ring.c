#include "ideal_ring.h"

#include "CMeasuring.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Two cache lines, because processors fetch them in pairs.
#define APART 128

struct side {
    _Alignas(APART) _Atomic size_t passed;
    // What this side last saw of the other.
    size_t other;
};

struct ideal_ring {
    struct side writer;
    struct side reader;
    _Alignas(APART) unsigned char *storage;
    size_t capacity;
    size_t size;
    bool has_records;
    uint64_t count;
    bool failed;
};

// A place in the ring is looked at now and then, not all the time: each look takes the line from the other side.
static inline void pause_for_a_while(unsigned *looks)
{
    for (int i = 0; i < 32; i++) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("yield");
#endif
    }
    // Somebody else may have the processor that the other side needs.
    if (++*looks % 256 == 0)
        sched_yield();
}

static inline void copy_in(struct ideal_ring *ring, size_t position, const void *bytes, size_t count)
{
    size_t start = position & (ring->capacity - 1);
    size_t first = ring->capacity - start;
    if (count <= first) {
        memcpy(ring->storage + start, bytes, count);
    } else {
        memcpy(ring->storage + start, bytes, first);
        memcpy(ring->storage, (const unsigned char *)bytes + first, count - first);
    }
}

static inline void copy_out(struct ideal_ring *ring, size_t position, void *bytes, size_t count)
{
    size_t start = position & (ring->capacity - 1);
    size_t first = ring->capacity - start;
    if (count <= first) {
        memcpy(bytes, ring->storage + start, count);
    } else {
        memcpy(bytes, ring->storage + start, first);
        memcpy((unsigned char *)bytes + first, ring->storage, count - first);
    }
}

static inline size_t record_size(size_t length)
{
    return (4 + length + 7) & ~(size_t)7;
}

static inline void send(struct ideal_ring *ring, const void *message, size_t length)
{
    size_t needed = ring->has_records ? record_size(length) : length;
    size_t passed = atomic_load_explicit(&ring->writer.passed, memory_order_relaxed);
    unsigned looks = 0;
    while (ring->capacity - (passed - ring->writer.other) < needed) {
        ring->writer.other = atomic_load_explicit(&ring->reader.passed, memory_order_acquire);
        if (ring->capacity - (passed - ring->writer.other) < needed)
            pause_for_a_while(&looks);
    }
    if (ring->has_records) {
        uint32_t prefix = (uint32_t)length;
        memcpy(ring->storage + (passed & (ring->capacity - 1)), &prefix, sizeof prefix);
        copy_in(ring, passed + sizeof prefix, message, length);
    } else {
        copy_in(ring, passed, message, length);
    }
    atomic_store_explicit(&ring->writer.passed, passed + needed, memory_order_release);
}

static inline size_t receive(struct ideal_ring *ring, void *buffer, size_t size)
{
    size_t passed = atomic_load_explicit(&ring->reader.passed, memory_order_relaxed);
    unsigned looks = 0;
    while (ring->reader.other == passed) {
        ring->reader.other = atomic_load_explicit(&ring->writer.passed, memory_order_acquire);
        if (ring->reader.other == passed)
            pause_for_a_while(&looks);
    }
    size_t length = 0;
    size_t taken;
    if (ring->has_records) {
        uint32_t prefix;
        memcpy(&prefix, ring->storage + (passed & (ring->capacity - 1)), sizeof prefix);
        length = prefix;
        if (length > size)
            return 0;
        copy_out(ring, passed + sizeof prefix, buffer, length);
        taken = record_size(length);
    } else {
        length = ring->reader.other - passed;
        if (length > size)
            length = size;
        copy_out(ring, passed, buffer, length);
        taken = length;
    }
    atomic_store_explicit(&ring->reader.passed, passed + taken, memory_order_release);
    return length;
}

static void work(void *context, int number)
{
    struct ideal_ring *ring = context;
    // At the same alignment as ours: what a copy costs depends on it.
    unsigned char *message = aligned_alloc(64, (ring->size + 63) & ~(size_t)63);
    memset(message, 0x55, ring->size);
    for (uint64_t i = 0; i < ring->count; i++) {
        if (number == 0) {
            memcpy(message, &i, sizeof i);
            send(ring, message, ring->size);
        } else {
            size_t length = receive(ring, message, ring->size);
            uint64_t seen;
            memcpy(&seen, message, sizeof seen);
            if (length != ring->size || seen != i)
                ring->failed = true;
        }
    }
    free(message);
}

uint64_t ideal_ring_time(size_t capacity, size_t size, int has_records, uint64_t count, const int *processors)
{
    struct ideal_ring *ring = aligned_alloc(APART, sizeof *ring);
    memset(ring, 0, sizeof *ring);
    ring->storage = aligned_alloc(APART, capacity);
    ring->capacity = capacity;
    ring->size = size;
    ring->has_records = has_records != 0;
    ring->count = count;
    uint64_t time = crew_run(2, processors, work, ring);
    bool failed = ring->failed;
    free(ring->storage);
    free(ring);
    return failed ? 0 : time;
}
