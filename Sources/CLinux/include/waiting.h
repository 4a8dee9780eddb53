#ifndef HILBRIDGE_WAITING_H
#define HILBRIDGE_WAITING_H

#include <poll.h>
#include <stdint.h>

// futex(2), private to the process. `deadline_ns` is an absolute CLOCK_MONOTONIC time; UINT64_MAX waits for ever.
// Returns 0 when woken or when `*word` was not `expected`, otherwise a positive errno (ETIMEDOUT, EINTR).
int hil_futex_wait(uint32_t *_Nonnull word, uint32_t expected, uint64_t deadline_ns);

// Wakes at most one waiter.
void hil_futex_wake_one(uint32_t *_Nonnull word);

// Tells the processor that the caller spins.
static inline void hil_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// ppoll(2) with an absolute CLOCK_MONOTONIC deadline; UINT64_MAX waits for ever. Returns the number of ready
// descriptors, or a negative errno.
int hil_poll(struct pollfd *_Nonnull descriptors, unsigned int count, uint64_t deadline_ns);

// eventfd(2), non-blocking and closed on exec: a descriptor, or a negative errno.
int hil_event_create(void);
// Makes it readable.
void hil_event_signal(int fd);
// Makes it unreadable.
void hil_event_reset(int fd);

#endif
