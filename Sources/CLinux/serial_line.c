// termios2 lives in <asm/termbits.h>, which cannot be included together with <termios.h>: hence a file of its own.
#include "serial_line.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <errno.h>
#include <linux/serial.h>
#include <linux/tty_flags.h>
#include <string.h>

int ioctl(int fd, unsigned long request, ...);

_Static_assert(sizeof(struct termios2) <= sizeof(struct hil_serial_saved), "hil_serial_saved is too small");

#ifndef TIOCSER_TEMT
#define TIOCSER_TEMT 0x01
#endif

static int result(int value)
{
    return value < 0 ? errno : 0;
}

int hil_serial_save(int fd, struct hil_serial_saved *saved)
{
    memset(saved, 0, sizeof *saved);
    return result(ioctl(fd, TCGETS2, saved));
}

int hil_serial_restore(int fd, const struct hil_serial_saved *saved)
{
    return result(ioctl(fd, TCSETS2, saved));
}

int hil_serial_get(int fd, struct hil_serial_line *line)
{
    struct termios2 settings;
    if (ioctl(fd, TCGETS2, &settings) < 0)
        return errno;
    line->input_rate = settings.c_ispeed;
    line->output_rate = settings.c_ospeed;
    switch (settings.c_cflag & CSIZE) {
    case CS5: line->data_bits = 5; break;
    case CS6: line->data_bits = 6; break;
    case CS7: line->data_bits = 7; break;
    default: line->data_bits = 8; break;
    }
    line->stop_bits = settings.c_cflag & CSTOPB ? 2 : 1;
    if (!(settings.c_cflag & PARENB))
        line->parity = HIL_PARITY_NONE;
    else if (settings.c_cflag & CMSPAR)
        line->parity = settings.c_cflag & PARODD ? HIL_PARITY_MARK : HIL_PARITY_SPACE;
    else
        line->parity = settings.c_cflag & PARODD ? HIL_PARITY_ODD : HIL_PARITY_EVEN;
    if (settings.c_cflag & CRTSCTS)
        line->flow = HIL_FLOW_HARDWARE;
    else if (settings.c_iflag & (IXON | IXOFF))
        line->flow = HIL_FLOW_SOFTWARE;
    else
        line->flow = HIL_FLOW_NONE;
    line->marks_errors = (settings.c_iflag & (PARMRK | INPCK | IGNPAR)) == (PARMRK | INPCK);
    return 0;
}

int hil_serial_set(int fd, const struct hil_serial_line *line)
{
    struct termios2 settings;
    if (ioctl(fd, TCGETS2, &settings) < 0)
        return errno;

    // Raw: no translation, no echo, no signals, no special characters.
    settings.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF | IXANY |
                                    IGNPAR | INPCK);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    settings.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    // XON is DC1, XOFF is DC3.
    settings.c_cc[VSTART] = 0x11;
    settings.c_cc[VSTOP] = 0x13;

    settings.c_cflag &= ~(tcflag_t)(CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS | CBAUD | (CBAUD << IBSHIFT));
    settings.c_cflag |= CREAD | CLOCAL | BOTHER | (BOTHER << IBSHIFT);
    settings.c_ispeed = line->input_rate;
    settings.c_ospeed = line->output_rate;
    switch (line->data_bits) {
    case 5: settings.c_cflag |= CS5; break;
    case 6: settings.c_cflag |= CS6; break;
    case 7: settings.c_cflag |= CS7; break;
    case 8: settings.c_cflag |= CS8; break;
    default: return EINVAL;
    }
    if (line->stop_bits == 2)
        settings.c_cflag |= CSTOPB;
    switch (line->parity) {
    case HIL_PARITY_NONE: break;
    case HIL_PARITY_ODD: settings.c_cflag |= PARENB | PARODD; break;
    case HIL_PARITY_EVEN: settings.c_cflag |= PARENB; break;
    case HIL_PARITY_MARK: settings.c_cflag |= PARENB | PARODD | CMSPAR; break;
    case HIL_PARITY_SPACE: settings.c_cflag |= PARENB | CMSPAR; break;
    default: return EINVAL;
    }
    switch (line->flow) {
    case HIL_FLOW_NONE: break;
    case HIL_FLOW_HARDWARE: settings.c_cflag |= CRTSCTS; break;
    case HIL_FLOW_SOFTWARE: settings.c_iflag |= IXON | IXOFF; break;
    default: return EINVAL;
    }
    if (line->marks_errors)
        settings.c_iflag |= PARMRK | INPCK;
    return result(ioctl(fd, TCSETS2, &settings));
}

int hil_serial_output_queue(int fd, int *count)
{
    return result(ioctl(fd, TIOCOUTQ, count));
}

int hil_serial_input_queue(int fd, int *count)
{
    return result(ioctl(fd, FIONREAD, count));
}

int hil_serial_transmitter_empty(int fd, int *empty)
{
    int status = 0;
    if (ioctl(fd, TIOCSERGETLSR, &status) < 0)
        return errno;
    *empty = (status & TIOCSER_TEMT) != 0;
    return 0;
}

int hil_serial_get_lines(int fd, struct hil_serial_lines *lines)
{
    int bits = 0;
    if (ioctl(fd, TIOCMGET, &bits) < 0)
        return errno;
    lines->cts = (bits & TIOCM_CTS) != 0;
    lines->dsr = (bits & TIOCM_DSR) != 0;
    lines->ri = (bits & TIOCM_RNG) != 0;
    lines->dcd = (bits & TIOCM_CAR) != 0;
    return 0;
}

int hil_serial_await_lines(int fd)
{
    return result(ioctl(fd, TIOCMIWAIT, TIOCM_CTS | TIOCM_DSR | TIOCM_RNG | TIOCM_CAR));
}

int hil_serial_get_rs485(int fd, struct hil_serial_rs485 *settings)
{
    struct serial_rs485 kernel = {0};
    if (ioctl(fd, TIOCGRS485, &kernel) < 0)
        return errno;
    settings->flags = kernel.flags;
    settings->delay_before = kernel.delay_rts_before_send;
    settings->delay_after = kernel.delay_rts_after_send;
    return 0;
}

int hil_serial_set_rs485(int fd, const struct hil_serial_rs485 *settings)
{
    struct serial_rs485 kernel = {
        .flags = settings->flags,
        .delay_rts_before_send = settings->delay_before,
        .delay_rts_after_send = settings->delay_after,
    };
    return result(ioctl(fd, TIOCSRS485, &kernel));
}

int hil_serial_get_low_latency(int fd, int *low)
{
    struct serial_struct port = {0};
    if (ioctl(fd, TIOCGSERIAL, &port) < 0)
        return errno;
    *low = (port.flags & ASYNC_LOW_LATENCY) != 0;
    return 0;
}

int hil_serial_set_low_latency(int fd, int low)
{
    struct serial_struct port = {0};
    if (ioctl(fd, TIOCGSERIAL, &port) < 0)
        return errno;
    if (low)
        port.flags |= (int)ASYNC_LOW_LATENCY;
    else
        port.flags &= ~(int)ASYNC_LOW_LATENCY;
    return result(ioctl(fd, TIOCSSERIAL, &port));
}

int hil_serial_drive_lines(int fd, int dtr, int rts, int asserted)
{
    int bits = (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);
    return result(ioctl(fd, asserted ? TIOCMBIS : TIOCMBIC, &bits));
}

int hil_serial_set_break(int fd, int breaking)
{
    return result(ioctl(fd, breaking ? TIOCSBRK : TIOCCBRK, 0));
}

int hil_serial_get_errors(int fd, struct hil_serial_errors *errors)
{
    struct serial_icounter_struct counts;
    if (ioctl(fd, TIOCGICOUNT, &counts) < 0)
        return errno;
    errors->overrun = (uint32_t)counts.overrun + (uint32_t)counts.buf_overrun;
    errors->parity = (uint32_t)counts.parity;
    errors->framing = (uint32_t)counts.frame;
    errors->breaks = (uint32_t)counts.brk;
    return 0;
}

int hil_serial_exclusive(int fd)
{
    return result(ioctl(fd, TIOCEXCL));
}

int hil_serial_shared(int fd)
{
    return result(ioctl(fd, TIOCNXCL));
}

int hil_serial_discard_output(int fd)
{
    return result(ioctl(fd, TCFLSH, 1 /* TCOFLUSH */));
}

int hil_serial_discard_input(int fd)
{
    return result(ioctl(fd, TCFLSH, 0 /* TCIFLUSH */));
}
