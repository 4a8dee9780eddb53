#define _GNU_SOURCE
#include "bare_futex.h"

#include "CMeasuring.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct hand_over {
    // How many have been sent: what the receiver sleeps on.
    _Atomic uint32_t sent;
    _Alignas(128) uint64_t sent_at;
    int count;
    uint64_t pause_ns;
    uint64_t *times;
};

static void send_all(struct hand_over *hand_over)
{
    for (int i = 0; i < hand_over->count; i++) {
        peer_sleep(hand_over->pause_ns);
        hand_over->sent_at = peer_now();
        atomic_store(&hand_over->sent, (uint32_t)i + 1);
        syscall(SYS_futex, &hand_over->sent, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    }
}

static void receive_all(struct hand_over *hand_over)
{
    for (int i = 0; i < hand_over->count; i++) {
        while (atomic_load(&hand_over->sent) == (uint32_t)i)
            syscall(SYS_futex, &hand_over->sent, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, i, NULL, NULL, 0);
        hand_over->times[i] = peer_now() - hand_over->sent_at;
    }
}

static void work(void *context, int number)
{
    if (number == 0)
        send_all(context);
    else
        receive_all(context);
}

void bare_futex_hand_over(int count, uint64_t pause_ns, const int *processors, uint64_t *times)
{
    struct hand_over hand_over = {.count = count, .pause_ns = pause_ns, .times = times};
    crew_run(2, processors, work, &hand_over);
}

// MARK: There and back

struct round_trips {
    // Whose turn it is: 0 or 1.
    _Atomic uint32_t turn;
    uint64_t count;
};

static void take_turns(void *context, int number)
{
    struct round_trips *trips = context;
    uint32_t mine = (uint32_t)number;
    for (uint64_t i = 0; i < trips->count; i++) {
        while (atomic_load(&trips->turn) != mine)
            syscall(SYS_futex, &trips->turn, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1 - mine, NULL, NULL, 0);
        atomic_store(&trips->turn, 1 - mine);
        syscall(SYS_futex, &trips->turn, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    }
}

uint64_t bare_futex_round_trips(uint64_t count, int processor)
{
    struct round_trips trips = {.count = count};
    return crew_run(2, (const int[]){processor, processor}, take_turns, &trips);
}
