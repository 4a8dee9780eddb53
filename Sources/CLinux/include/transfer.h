#ifndef HILBRIDGE_TRANSFER_H
#define HILBRIDGE_TRANSFER_H

#include <errno.h>
#include <linux/spi/spidev.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

// The system calls by which bytes are sent: what they answer, or a negative errno.
//
// They are not cancellation points, as the C library's functions are, since no thread here is ever cancelled; in a process
// with threads that saves two atomic operations a call. And the kernel is asked here, not in one more function, because
// every function that returns after a system call does so mispredicted.

static inline long hil_system_call(long number, long first, long second, long third)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long which __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(which), "r"(x1), "r"(x2) : "memory");
    return x0;
#else
    long result = syscall(number, first, second, third);
    return result < 0 ? -errno : result;
#endif
}

// write(2).
static inline long hil_write(int fd, const void *_Nullable bytes, size_t count)
{
    return hil_system_call(SYS_write, fd, (long)bytes, (long)count);
}

// SPI_IOC_MESSAGE: one message of `count` transfers; blocks until all are off the wire. The bytes transferred, or a
// negative errno. More transfers than 511 do not fit the request's size, and the kernel would do nothing at all: EINVAL.
static inline long hil_spi_message(int fd, const struct spi_ioc_transfer *_Nonnull transfers, unsigned int count)
{
    unsigned long size = count * sizeof *transfers;
    if (size >= 1u << _IOC_SIZEBITS)
        return -EINVAL;
    return hil_system_call(SYS_ioctl, fd, (long)_IOC(_IOC_WRITE, SPI_IOC_MAGIC, 0, size), (long)transfers);
}

#endif
