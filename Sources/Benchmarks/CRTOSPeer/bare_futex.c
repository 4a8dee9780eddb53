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
