// The least that can be done with a spidev node, to be compared with: the same work as SPIDevProbe, with the same
// arguments.
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { FRAME = 1 << 20, MESSAGE = 4096, WORD = 4 };

static uint8_t sent[FRAME], received[FRAME];

static void transfer(int fd, size_t offset, size_t count, int keeps)
{
    struct spi_ioc_transfer transfer = {
        .tx_buf = (uintptr_t)(sent + offset),
        .rx_buf = (uintptr_t)(received + offset),
        .len = (uint32_t)count,
        .cs_change = keeps != 0,
    };
    if (ioctl(fd, SPI_IOC_MESSAGE(1), &transfer) < 0) {
        perror("SPI_IOC_MESSAGE");
        exit(1);
    }
}

static void frames(int fd, size_t length, long transactions)
{
    for (long count = 0; count < transactions; count++)
        for (size_t offset = 0; offset < length; offset += MESSAGE) {
            size_t left = length - offset;
            transfer(fd, offset, left < MESSAGE ? left : MESSAGE, left > MESSAGE);
        }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int fd = open(argv[1], O_RDWR);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    int is_frame = strcmp(argv[2], "frame") == 0;
    size_t length = is_frame ? FRAME : WORD;
    // One segment at a time is what a minimal loop does.
    long transactions = atol(argv[3]) * (strcmp(argv[2], "segments") == 0 ? 8 : 1);
    for (size_t place = 0; place < length; place++)
        sent[place] = (uint8_t)(place * 31 + (place >> 8));
    frames(fd, length, is_frame ? 1 : 500);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    frames(fd, length, transactions);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (memcmp(sent, received, length) != 0)
        return 1;
    printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec);
    return 0;
}
