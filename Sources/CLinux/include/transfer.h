#ifndef HILBRIDGE_TRANSFER_H
#define HILBRIDGE_TRANSFER_H

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

// write(2): the count, or a negative errno.
//
// It is not a cancellation point, as the C library's function is, since no thread here is ever cancelled; in a process
// with threads that saves two atomic operations a call. Inline, because every function that returns after a system
// call does so mispredicted.
static inline long hil_write(int fd, const void *_Nullable bytes, size_t count)
{
    long result = syscall(SYS_write, fd, bytes, count);
    return result < 0 ? -errno : result;
}

#endif
