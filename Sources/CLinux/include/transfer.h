#ifndef HILBRIDGE_TRANSFER_H
#define HILBRIDGE_TRANSFER_H

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

// write(2): the count, or a negative errno.
//
// It is not a cancellation point, as the C library's function is, since no thread here is ever cancelled; in a process
// with threads that saves two atomic operations a call. And the kernel is asked here, not in one more function, because
// every function that returns after a system call does so mispredicted.
static inline long hil_write(int fd, const void *_Nullable bytes, size_t count)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_write), "D"((long)fd), "S"(bytes), "d"(count)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_write;
    register long first __asm__("x0") = fd;
    register const void *second __asm__("x1") = bytes;
    register size_t third __asm__("x2") = count;
    __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second), "r"(third) : "memory");
    return first;
#else
    long result = syscall(SYS_write, fd, bytes, count);
    return result < 0 ? -errno : result;
#endif
}

#endif
