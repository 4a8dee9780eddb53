// The queues of boost, as Debian packages it, at the same work as ours; its threads run in here.
#ifndef HILBRIDGE_BOOSTPEER_H
#define HILBRIDGE_BOOSTPEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// 0 where boost's headers were missing when this was compiled; the functions below must not be called then.
int boost_peer_is_installed(void);

// boost::lockfree::queue of pointers with a fixed size. `pairs` producers send `count` pointers each, and as many
// consumers take `count` each and check that those of one producer come in order. `processors` has the producers first.
// Returns nanoseconds, or 0 if one was lost, repeated or out of order.
uint64_t boost_queue_time(size_t capacity, int pairs, uint64_t count, const int *_Nonnull processors);

// The same queue with blocks of `block_size` bytes: the producer takes one from a pool, writes its number into it and
// sends it, the consumer checks the number and gives the block back. One of each.
uint64_t boost_mailbox_time(
    size_t capacity, size_t block_size, uint64_t count, const int *_Nonnull processors);

#ifdef __cplusplus
}
#endif

#endif
