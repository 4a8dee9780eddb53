#define _GNU_SOURCE
#include "bare_completion.h"

#include "CMeasuring.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bare_completion {
    int port;
    int event;
    pthread_t thread;
    const char *rest;
    _Atomic size_t left;
    atomic_bool ends;
    // 0 while a write is on its way: what the waiter sleeps on.
    _Atomic uint32_t done;
    uint64_t done_at;
};

// True when nothing is left to write.
static int write_some(struct bare_completion *completion)
{
    while (completion->left > 0) {
        ssize_t count = write(completion->port, completion->rest, completion->left);
        if (count <= 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return 0;
        completion->rest += count;
        completion->left -= (size_t)count;
    }
    completion->done_at = peer_now();
    return 1;
}

static void *run(void *argument)
{
    struct bare_completion *completion = argument;
    short interest = 0;
    for (;;) {
        struct pollfd descriptors[2] = {
            {.fd = completion->port, .events = interest},
            {.fd = completion->event, .events = POLLIN},
        };
        if (ppoll(descriptors, 2, NULL, NULL) < 0)
            continue;
        if (descriptors[1].revents & POLLIN) {
            eventfd_t count;
            (void)eventfd_read(completion->event, &count);
        }
        if (atomic_load(&completion->ends))
            return NULL;
        if (completion->left == 0)
            continue;
        interest = POLLOUT;
        if (write_some(completion)) {
            interest = 0;
            atomic_store(&completion->done, 1);
            syscall(SYS_futex, &completion->done, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
        }
    }
}

struct bare_completion *bare_completion_create(int port)
{
    struct bare_completion *completion = calloc(1, sizeof *completion);
    if (completion == NULL)
        return NULL;
    completion->port = port;
    completion->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int failure = completion->event < 0 ? errno : pthread_create(&completion->thread, NULL, run, completion);
    if (failure == 0)
        return completion;
    close(completion->event);
    free(completion);
    errno = failure;
    return NULL;
}

void bare_completion_destroy(struct bare_completion *completion)
{
    atomic_store(&completion->ends, true);
    (void)eventfd_write(completion->event, 1);
    pthread_join(completion->thread, NULL);
    close(completion->event);
    free(completion);
}

void bare_completion_start(struct bare_completion *completion, const void *bytes, size_t size)
{
    atomic_store(&completion->done, 0);
    completion->rest = bytes;
    // With a port that is stopped the first attempt takes nothing, as it does for whoever is measured against this.
    ssize_t count = write(completion->port, bytes, size);
    size_t taken = count > 0 ? (size_t)count : 0;
    completion->rest += taken;
    if (taken == size) {
        completion->done_at = peer_now();
        atomic_store(&completion->done, 1);
        return;
    }
    atomic_store(&completion->left, size - taken);
    (void)eventfd_write(completion->event, 1);
}

uint64_t bare_completion_await(struct bare_completion *completion)
{
    while (atomic_load(&completion->done) == 0)
        syscall(SYS_futex, &completion->done, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    return completion->done_at;
}
