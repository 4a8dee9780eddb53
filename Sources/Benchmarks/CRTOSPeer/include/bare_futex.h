#ifndef HILBRIDGE_BARE_FUTEX_H
#define HILBRIDGE_BARE_FUTEX_H

#include <stdint.h>

// Hand-overs to a thread that is fast asleep: a store and FUTEX_WAKE on one side, FUTEX_WAIT on the other.
//
// `processors` are those of the sender and of the receiver, -1 for any. The sender sleeps `pause_ns` before each, so
// that the receiver is asleep as well. Writes the nanoseconds of each, from before the store until the receiver runs,
// to `times`.
void bare_futex_hand_over(
    int count, uint64_t pause_ns, const int *_Nonnull processors, uint64_t *_Nonnull times);

// Two threads on one processor that wake each other in turn: nanoseconds for so many times there and back.
uint64_t bare_futex_round_trips(uint64_t count, int processor);

#endif
