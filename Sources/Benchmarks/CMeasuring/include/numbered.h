#ifndef HILBRIDGE_NUMBERED_H
#define HILBRIDGE_NUMBERED_H

#include <stdint.h>

// Messages of the size of a pointer that say who sent them and which of his they are, and the check that none is lost,
// repeated or out of order. Every producer's numbers begin at 1.
#define NUMBERED_PRODUCERS 8

static inline uint64_t numbered_message(int producer, uint64_t number)
{
    return (uint64_t)producer << 48 | number;
}

// What one consumer has seen.
struct numbered_check {
    uint64_t last[NUMBERED_PRODUCERS];
    uint64_t sum;
    int is_out_of_order;
};

static inline void numbered_see(struct numbered_check *_Nonnull check, uint64_t message)
{
    uint64_t producer = message >> 48 & (NUMBERED_PRODUCERS - 1);
    uint64_t number = message & 0xFFFFFFFFFFFF;
    if (number <= check->last[producer])
        check->is_out_of_order = 1;
    check->last[producer] = number;
    check->sum += number;
}

// Whether so many consumers together have seen `count` messages of each of so many producers.
static inline int numbered_is_complete(
    const struct numbered_check *_Nonnull checks, int consumers, int producers, uint64_t count)
{
    uint64_t sum = 0;
    for (int i = 0; i < consumers; i++) {
        if (checks[i].is_out_of_order)
            return 0;
        sum += checks[i].sum;
    }
    return sum == (uint64_t)producers * (count * (count + 1) / 2);
}

#endif
