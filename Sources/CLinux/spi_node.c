#include "spi_node.h"

#include <errno.h>
#include <sys/ioctl.h>

static int result(int outcome)
{
    return outcome < 0 ? errno : 0;
}

long hil_spi_message(int fd, const struct spi_ioc_transfer *transfers, unsigned int count)
{
    unsigned long size = count * sizeof *transfers;
    if (size >= 1u << _IOC_SIZEBITS)
        return -EINVAL;
    long done = ioctl(fd, _IOC(_IOC_WRITE, SPI_IOC_MAGIC, 0, size), transfers);
    return done < 0 ? -errno : done;
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
