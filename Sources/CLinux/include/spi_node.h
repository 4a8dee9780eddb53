#ifndef HILBRIDGE_SPI_NODE_H
#define HILBRIDGE_SPI_NODE_H

#include <stdint.h>

// Requests to /dev/spidevB.C: Documentation/spi/spidev.rst of the kernel.

// What of a node outlives its descriptor.
struct hil_spi_setup {
    // SPI_MODE_0 to SPI_MODE_3 and the flags beside them, as in <linux/spi/spi.h>.
    uint32_t mode;
    uint8_t bits_per_word;
    // Hertz, where a transfer does not say another.
    uint32_t speed;
};

// SPI_IOC_RD_…: 0 or a positive errno.
int hil_spi_get(int fd, struct hil_spi_setup *_Nonnull setup);

// SPI_IOC_WR_MODE32, SPI_IOC_WR_BITS_PER_WORD, SPI_IOC_WR_MAX_SPEED_HZ: 0 or a positive errno. The kernel may accept
// what it does not set: read it back.
int hil_spi_set_mode(int fd, uint32_t mode);
int hil_spi_set_bits(int fd, uint8_t bits);
int hil_spi_set_speed(int fd, uint32_t speed);

#endif
