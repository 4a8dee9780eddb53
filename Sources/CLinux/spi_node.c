#include "spi_node.h"

#include <errno.h>
#include <linux/spi/spidev.h>
#include <sys/ioctl.h>

static int result(int outcome)
{
    return outcome < 0 ? errno : 0;
}

int hil_spi_get(int fd, struct hil_spi_setup *setup)
{
    if (ioctl(fd, SPI_IOC_RD_MODE32, &setup->mode) < 0 ||
        ioctl(fd, SPI_IOC_RD_BITS_PER_WORD, &setup->bits_per_word) < 0 ||
        ioctl(fd, SPI_IOC_RD_MAX_SPEED_HZ, &setup->speed) < 0)
        return errno;
    return 0;
}

int hil_spi_set_mode(int fd, uint32_t mode)
{
    return result(ioctl(fd, SPI_IOC_WR_MODE32, &mode));
}

int hil_spi_set_bits(int fd, uint8_t bits)
{
    return result(ioctl(fd, SPI_IOC_WR_BITS_PER_WORD, &bits));
}

int hil_spi_set_speed(int fd, uint32_t speed)
{
    return result(ioctl(fd, SPI_IOC_WR_MAX_SPEED_HZ, &speed));
}
