#include "BoostPeer.h"

#include "CMeasuring.h"

// The package builds, and is tested, where boost is not installed.
#if __has_include(<boost/lockfree/queue.hpp>)

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/stack.hpp>
#include <cstdlib>
#include <cstring>
#include <sched.h>

namespace {

using fixed = boost::lockfree::fixed_sized<true>;

// What boost leaves to its users: to try again. First with a short pause, then letting others have the processor.
class retry {
  public:
    void operator()()
    {
        if (++attempts_ % 16 == 0) {
            sched_yield();
            return;
        }
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("yield");
#endif
    }

  private:
    unsigned attempts_ = 0;
};

template <typename Container, typename Value> void push(Container &container, Value value)
{
    retry again;
    while (!container.push(value))
        again();
}

template <typename Value, typename Container> Value pop(Container &container)
{
    Value value;
    retry again;
    while (!container.pop(value))
        again();
    return value;
}

struct queue_work {
    boost::lockfree::queue<void *, fixed> queue;
    int pairs;
    uint64_t count;
    numbered_check checks[NUMBERED_PRODUCERS] = {};

    queue_work(size_t capacity, int pairs, uint64_t count) : queue(capacity), pairs(pairs), count(count) {}
};

void run_queue(void *context, int number)
{
    auto &work = *static_cast<queue_work *>(context);
    if (number < work.pairs) {
        for (uint64_t i = 1; i <= work.count; i++)
            push(work.queue, reinterpret_cast<void *>(numbered_message(number, i)));
    } else {
        numbered_check check = {};
        for (uint64_t i = 0; i < work.count; i++)
            numbered_see(&check, reinterpret_cast<uint64_t>(pop<void *>(work.queue)));
        work.checks[number - work.pairs] = check;
    }
}

// boost's own pools take no part: boost::pool is for one thread. What its users take for several is a lock-free stack of
// the free blocks, where the block that was used last is taken next.
struct mailbox_work {
    boost::lockfree::queue<void *, fixed> sent;
    boost::lockfree::stack<void *, fixed> free;
    uint64_t count;
    bool failed = false;

    mailbox_work(size_t capacity, uint64_t count) : sent(capacity), free(capacity), count(count) {}
};

void run_mailbox(void *context, int number)
{
    auto &work = *static_cast<mailbox_work *>(context);
    for (uint64_t i = 0; i < work.count; i++) {
        if (number == 0) {
            void *block = pop<void *>(work.free);
            std::memcpy(block, &i, sizeof i);
            push(work.sent, block);
        } else {
            void *block = pop<void *>(work.sent);
            uint64_t seen;
            std::memcpy(&seen, block, sizeof seen);
            if (seen != i)
                work.failed = true;
            push(work.free, block);
        }
    }
}

} // namespace

int boost_peer_is_installed(void)
{
    return 1;
}

uint64_t boost_queue_time(size_t capacity, int pairs, uint64_t count, const int *processors)
{
    queue_work work(capacity, pairs, count);
    uint64_t time = crew_run(2 * pairs, processors, run_queue, &work);
    return numbered_is_complete(work.checks, pairs, pairs, count) ? time : 0;
}

uint64_t boost_mailbox_time(size_t capacity, size_t block_size, uint64_t count, const int *processors)
{
    mailbox_work work(capacity, count);
    auto *memory = static_cast<unsigned char *>(std::aligned_alloc(128, (capacity * block_size + 127) & ~size_t{127}));
    for (size_t i = 0; i < capacity; i++)
        work.free.push(memory + (capacity - 1 - i) * block_size);
    uint64_t time = crew_run(2, processors, run_mailbox, &work);
    std::free(memory);
    return work.failed ? 0 : time;
}

#else

int boost_peer_is_installed(void)
{
    return 0;
}

uint64_t boost_queue_time(size_t, int, uint64_t, const int *)
{
    return 0;
}

uint64_t boost_mailbox_time(size_t, size_t, uint64_t, const int *)
{
    return 0;
}

#endif
