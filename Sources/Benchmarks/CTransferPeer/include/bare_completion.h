#ifndef HILBRIDGE_BARE_COMPLETION_H
#define HILBRIDGE_BARE_COMPLETION_H

#include <stddef.h>
#include <stdint.h>

// The least that can finish a write on another thread: a thread that sleeps in poll(2) until the port has room, writes,
// and wakes the waiter with a futex.
struct bare_completion;

// `port` is non-blocking and stays the caller's. NULL with errno set if that fails.
struct bare_completion *_Nullable bare_completion_create(int port);
void bare_completion_destroy(struct bare_completion *_Nonnull completion);

// Starts a write; what the port does not take at once is the thread's.
void bare_completion_start(
    struct bare_completion *_Nonnull completion, const void *_Nonnull bytes, size_t size);
// Blocks until the port has taken the last byte. Returns the time when it did.
uint64_t bare_completion_await(struct bare_completion *_Nonnull completion);

#endif
