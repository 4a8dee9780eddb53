#define _GNU_SOURCE
#include "waiting.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int hil_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };
    // FUTEX_WAIT counts from now and would have to be recomputed after every signal; the BITSET form takes the
    // deadline itself.
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                          deadline_ns == UINT64_MAX ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY);
    if (result == 0 || errno == EAGAIN)
        return 0;
    return errno;
}

void hil_futex_wake_one(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

int hil_poll(struct pollfd *descriptors, unsigned int count, uint64_t deadline_ns)
{
    struct timespec left = {0};
    if (deadline_ns != UINT64_MAX) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        left.tv_sec = (time_t)(left_ns / 1000000000u);
        left.tv_nsec = (long)(left_ns % 1000000000u);
    }
    int ready = ppoll(descriptors, count, deadline_ns == UINT64_MAX ? NULL : &left, NULL);
    return ready < 0 ? -errno : ready;
}

int hil_event_create(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

void hil_event_signal(int fd)
{
    // Fails only when 2^64 - 2 signals have not been taken, and then it is readable anyway.
    (void)eventfd_write(fd, 1);
}

void hil_event_reset(int fd)
{
    eventfd_t count;
    (void)eventfd_read(fd, &count);
}
