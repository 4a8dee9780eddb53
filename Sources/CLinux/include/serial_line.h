#ifndef HILBRIDGE_SERIAL_LINE_H
#define HILBRIDGE_SERIAL_LINE_H

#include <stdint.h>

enum hil_parity {
    HIL_PARITY_NONE = 0,
    HIL_PARITY_ODD = 1,
    HIL_PARITY_EVEN = 2,
    HIL_PARITY_MARK = 3,
    HIL_PARITY_SPACE = 4,
};

enum hil_flow {
    HIL_FLOW_NONE = 0,
    HIL_FLOW_HARDWARE = 1,
    HIL_FLOW_SOFTWARE = 2,
};

// A serial line's settings in numbers that people use. Rates are in bits per second and need not be one of
// the Bxxx constants.
struct hil_serial_line {
    uint32_t input_rate;
    uint32_t output_rate;
    uint8_t data_bits;
    uint8_t stop_bits;
    uint8_t parity;
    uint8_t flow;
    // Whether a byte with a parity or framing error, and a break, is marked in what is read (termios(3), PARMRK and
    // INPCK), or only counted by the kernel.
    uint8_t marks_errors;
};

// The kernel's own settings, kept as they are so that they can be put back.
struct hil_serial_saved {
    uint8_t opaque[64];
};

// All of these return 0 or a positive errno.

int hil_serial_save(int fd, struct hil_serial_saved *_Nonnull saved);
int hil_serial_restore(int fd, const struct hil_serial_saved *_Nonnull saved);

// TCGETS2.
int hil_serial_get(int fd, struct hil_serial_line *_Nonnull line);

// TCSETS2: raw mode with these settings. The kernel may accept what it does not set: read it back.
int hil_serial_set(int fd, const struct hil_serial_line *_Nonnull line);

// TIOCOUTQ: bytes that the kernel still has to hand to the transmitter. TIOCINQ: bytes received and not read.
int hil_serial_output_queue(int fd, int *_Nonnull count);
int hil_serial_input_queue(int fd, int *_Nonnull count);

// TIOCSERGETLSR: 1 once the transmitter's shift register is empty too. ENOTTY where a driver cannot tell.
int hil_serial_transmitter_empty(int fd, int *_Nonnull empty);

// Modem lines that come in (TIOCMGET): 1 if asserted.
struct hil_serial_lines {
    uint8_t cts, dsr, ri, dcd;
};
int hil_serial_get_lines(int fd, struct hil_serial_lines *_Nonnull lines);

// TIOCMIWAIT: blocks until CTS, DSR, RI or DCD changes, or a signal comes (EINTR).
int hil_serial_await_lines(int fd);

// TIOCGRS485 and TIOCSRS485. Flags as in <linux/serial.h>, delays in milliseconds. ENOTTY where a driver has no RS-485.
enum {
    HIL_RS485_ENABLED = 1 << 0,
    HIL_RS485_RTS_ON_SEND = 1 << 1,
    HIL_RS485_RTS_AFTER_SEND = 1 << 2,
    HIL_RS485_RX_DURING_TX = 1 << 4,
};
struct hil_serial_rs485 {
    uint32_t flags;
    uint32_t delay_before;
    uint32_t delay_after;
};
int hil_serial_get_rs485(int fd, struct hil_serial_rs485 *_Nonnull settings);
int hil_serial_set_rs485(int fd, const struct hil_serial_rs485 *_Nonnull settings);

// ASYNC_LOW_LATENCY of TIOCGSERIAL and TIOCSSERIAL: 1 if bytes are passed on as they come.
int hil_serial_get_low_latency(int fd, int *_Nonnull low);
int hil_serial_set_low_latency(int fd, int low);

// TIOCMBIS or TIOCMBIC of DTR, RTS or both.
int hil_serial_drive_lines(int fd, int dtr, int rts, int asserted);

// TIOCSBRK or TIOCCBRK.
int hil_serial_set_break(int fd, int breaking);

// TIOCGICOUNT: errors since the driver began to count.
struct hil_serial_errors {
    uint32_t overrun, parity, framing, breaks;
};
int hil_serial_get_errors(int fd, struct hil_serial_errors *_Nonnull errors);

// TIOCEXCL.
int hil_serial_exclusive(int fd);

// TIOCNXCL.
int hil_serial_shared(int fd);

// TCFLSH with TCOFLUSH and TCIFLUSH: throws away what has not been sent, or not been read.
int hil_serial_discard_output(int fd);
int hil_serial_discard_input(int fd);

#endif
