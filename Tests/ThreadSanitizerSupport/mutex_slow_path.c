// Lets the thread sanitizer see contended locks of Swift's Mutex.
//
// A contended Mutex is passed on by the kernel (FUTEX_LOCK_PI, FUTEX_UNLOCK_PI) inside of libswiftSynchronization, which
// is not built for the sanitizer: it sees neither the release nor the acquire, and takes everything that the lock guards
// for a race. Only an uncontended lock is seen, as its atomics are compiled into the caller. So in a test that is built
// for the sanitizer the slow path is this one, which takes the same word with an atomic that it does see. As the word
// then never says that somebody waits, the slow way of unlocking is never taken.
//
// The name is the library's own: when that changes, the sanitizer reports races in everything that a Mutex guards.
#include "thread_sanitizer_support.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

// Synchronization._MutexHandle._lockSlow(_: UInt32): the argument is the calling thread's number, which is what the
// word holds while it is locked.
__attribute__((swiftcall)) void hil_lock_slow(uint32_t thread, __attribute__((swift_context)) _Atomic uint32_t *word)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void hil_lock_slow(uint32_t thread, __attribute__((swift_context)) _Atomic uint32_t *word)
{
    uint32_t unlocked = 0;
    while (!atomic_compare_exchange_weak_explicit(word, &unlocked, thread, memory_order_acquire, memory_order_relaxed)) {
        unlocked = 0;
        sched_yield();
    }
}

#endif
#endif
