// SPDX-License-Identifier: GPL-2.0-only
//
// Two serial ports wired to each other, ttyHIL0 and ttyHIL1, on the kernel's own serial core: what neither a pty nor an
// emulated 8250 has. Unlike the rest of this project it is under the kernel's licence, since it is part of a kernel while
// it runs.
//
// TX goes to RX, RTS to CTS, DTR to DSR and DCD, OUT1 to RI. Characters take as long as the rate says. Ends that differ
// in rate or character size see framing errors, ends that differ in parity see parity errors. RS-485 is kept, with
// delays of up to 100 ms.
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/serial.h>
#include <linux/serial_core.h>
#include <linux/tty_flip.h>
#include <linux/workqueue.h>

#define BATCH 64

struct end {
	struct uart_port port;
	struct end *other;
	struct hrtimer timer;
	struct work_struct lines;
	unsigned int driven;
	// As the core was told last.
	unsigned int told;
	unsigned int rate;
	tcflag_t format;
	bool is_open;
	// Characters are on their way.
	bool is_busy;
};

static struct end ends[2];

static struct end *end_of(struct uart_port *port)
{
	return container_of(port, struct end, port);
}

static unsigned int seen_by(struct end *end)
{
	unsigned int driven = end->other->is_open ? READ_ONCE(end->other->driven) : 0, seen = 0;

	if (driven & TIOCM_RTS)
		seen |= TIOCM_CTS;
	if (driven & TIOCM_DTR)
		seen |= TIOCM_DSR | TIOCM_CAR;
	if (driven & TIOCM_OUT1)
		seen |= TIOCM_RNG;
	return seen;
}

// Tells the core of an end what changed at the other. Work of its own, since setting lines holds the other end's lock.
static void tell_lines(struct work_struct *work)
{
	struct end *end = container_of(work, struct end, lines);
	unsigned int seen, changed;
	unsigned long flags;

	spin_lock_irqsave(&end->port.lock, flags);
	seen = seen_by(end);
	changed = seen ^ end->told;
	end->told = seen;
	if (end->is_open && changed) {
		if (changed & TIOCM_CTS)
			uart_handle_cts_change(&end->port, seen & TIOCM_CTS);
		if (changed & TIOCM_CAR)
			uart_handle_dcd_change(&end->port, seen & TIOCM_CAR);
		if (changed & TIOCM_DSR)
			end->port.icount.dsr++;
		if (changed & TIOCM_RNG)
			end->port.icount.rng++;
		wake_up_interruptible(&end->port.state->port.delta_msr_wait);
	}
	spin_unlock_irqrestore(&end->port.lock, flags);
}

static char flag_for(struct end *from, struct end *to)
{
	if (abs((int)(from->rate - to->rate)) > (int)(to->rate / 20) || (from->format ^ to->format) & CSIZE) {
		to->port.icount.frame++;
		return TTY_FRAME;
	}
	if ((from->format ^ to->format) & (PARENB | PARODD | CMSPAR)) {
		to->port.icount.parity++;
		return TTY_PARITY;
	}
	return TTY_NORMAL;
}

static void deliver(struct end *from, const u8 *bytes, unsigned int count)
{
	struct end *to = from->other;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&to->port.lock, flags);
	for (i = 0; i < count && to->is_open; i++) {
		to->port.icount.rx++;
		if (!tty_insert_flip_char(&to->port.state->port, bytes[i], flag_for(from, to)))
			to->port.icount.buf_overrun++;
	}
	if (to->is_open)
		tty_flip_buffer_push(&to->port.state->port);
	spin_unlock_irqrestore(&to->port.lock, flags);
}

// Takes what the core has to send, and comes back when that has been on the wire.
static enum hrtimer_restart move_characters(struct hrtimer *timer)
{
	struct end *end = container_of(timer, struct end, timer);
	struct uart_port *port = &end->port;
	struct circ_buf *queue = &port->state->xmit;
	u8 bytes[BATCH];
	unsigned int count = 0;
	unsigned long flags;
	u64 wire_time;

	spin_lock_irqsave(&port->lock, flags);
	if (port->x_char) {
		bytes[count++] = port->x_char;
		port->x_char = 0;
	}
	while (count < BATCH && end->is_open && !uart_tx_stopped(port) && !uart_circ_empty(queue)) {
		bytes[count++] = queue->buf[queue->tail];
		queue->tail = (queue->tail + 1) & (UART_XMIT_SIZE - 1);
	}
	port->icount.tx += count;
	if (uart_circ_chars_pending(queue) < WAKEUP_CHARS)
		uart_write_wakeup(port);
	end->is_busy = count > 0;
	// Start bit, up to eight of data, stop bit.
	wire_time = div_u64((u64)count * 10 * NSEC_PER_SEC, max(end->rate, 1u));
	spin_unlock_irqrestore(&port->lock, flags);
	if (count == 0)
		return HRTIMER_NORESTART;
	deliver(end, bytes, count);
	hrtimer_forward_now(timer, ns_to_ktime(wire_time));
	return HRTIMER_RESTART;
}

static unsigned int end_tx_empty(struct uart_port *port)
{
	return end_of(port)->is_busy ? 0 : TIOCSER_TEMT;
}

static void end_set_mctrl(struct uart_port *port, unsigned int lines)
{
	struct end *end = end_of(port);

	WRITE_ONCE(end->driven, lines);
	schedule_work(&end->other->lines);
}

static unsigned int end_get_mctrl(struct uart_port *port)
{
	return seen_by(end_of(port));
}

static void end_stop_tx(struct uart_port *port)
{
}

static void end_start_tx(struct uart_port *port)
{
	struct end *end = end_of(port);

	if (end->is_busy)
		return;
	end->is_busy = true;
	hrtimer_start(&end->timer, 0, HRTIMER_MODE_REL);
}

static void end_stop_rx(struct uart_port *port)
{
}

static void end_break_ctl(struct uart_port *port, int state)
{
	struct end *to = end_of(port)->other;
	unsigned long flags;

	if (!state)
		return;
	spin_lock_irqsave(&to->port.lock, flags);
	if (to->is_open) {
		to->port.icount.brk++;
		tty_insert_flip_char(&to->port.state->port, 0, TTY_BREAK);
		tty_flip_buffer_push(&to->port.state->port);
	}
	spin_unlock_irqrestore(&to->port.lock, flags);
}

static int end_startup(struct uart_port *port)
{
	struct end *end = end_of(port);

	end->told = seen_by(end);
	end->is_open = true;
	schedule_work(&end->other->lines);
	return 0;
}

static void end_shutdown(struct uart_port *port)
{
	struct end *end = end_of(port);
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	end->is_open = false;
	spin_unlock_irqrestore(&port->lock, flags);
	hrtimer_cancel(&end->timer);
	end->is_busy = false;
	schedule_work(&end->other->lines);
}

static void end_set_termios(struct uart_port *port, struct ktermios *termios, const struct ktermios *old)
{
	struct end *end = end_of(port);
	unsigned long flags;
	unsigned int rate = uart_get_baud_rate(port, termios, old, 50, 4000000);

	spin_lock_irqsave(&port->lock, flags);
	end->rate = rate;
	end->format = termios->c_cflag;
	uart_update_timeout(port, termios->c_cflag, rate);
	spin_unlock_irqrestore(&port->lock, flags);
	tty_termios_encode_baud_rate(termios, rate, rate);
}

static const char *end_type(struct uart_port *port)
{
	return "null modem";
}

static void end_release_port(struct uart_port *port)
{
}

static int end_request_port(struct uart_port *port)
{
	return 0;
}

static void end_config_port(struct uart_port *port, int flags)
{
	port->type = PORT_16550A;
}

static int end_verify_port(struct uart_port *port, struct serial_struct *settings)
{
	return 0;
}

static int end_rs485_config(struct uart_port *port, struct ktermios *termios, struct serial_rs485 *settings)
{
	return 0;
}

static const struct uart_ops end_ops = {
	.tx_empty = end_tx_empty,
	.set_mctrl = end_set_mctrl,
	.get_mctrl = end_get_mctrl,
	.stop_tx = end_stop_tx,
	.start_tx = end_start_tx,
	.stop_rx = end_stop_rx,
	.break_ctl = end_break_ctl,
	.startup = end_startup,
	.shutdown = end_shutdown,
	.set_termios = end_set_termios,
	.type = end_type,
	.release_port = end_release_port,
	.request_port = end_request_port,
	.config_port = end_config_port,
	.verify_port = end_verify_port,
};

static struct uart_driver driver = {
	.owner = THIS_MODULE,
	.driver_name = "hil_null_modem",
	.dev_name = "ttyHIL",
	.nr = ARRAY_SIZE(ends),
};

static struct platform_device *parent;

// A tty whose device has a driver is one that people look for.
static struct platform_driver parent_driver = { .driver = { .name = "hil_null_modem" } };

static int __init null_modem_init(void)
{
	int error = uart_register_driver(&driver);
	unsigned int i;

	if (error)
		return error;
	error = platform_driver_register(&parent_driver);
	if (error) {
		uart_unregister_driver(&driver);
		return error;
	}
	parent = platform_device_register_simple("hil_null_modem", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent)) {
		platform_driver_unregister(&parent_driver);
		uart_unregister_driver(&driver);
		return PTR_ERR(parent);
	}
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		struct end *end = &ends[i];

		end->other = &ends[1 - i];
		hrtimer_init(&end->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
		end->timer.function = move_characters;
		INIT_WORK(&end->lines, tell_lines);
	}
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		struct uart_port *port = &ends[i].port;

		port->line = i;
		port->dev = &parent->dev;
		port->ops = &end_ops;
		port->type = PORT_16550A;
		port->iotype = UPIO_MEM;
		port->mapbase = 1;
		port->flags = UPF_BOOT_AUTOCONF;
		port->fifosize = BATCH;
		port->uartclk = 64000000;
		port->rs485_config = end_rs485_config;
		port->rs485_supported.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND | SER_RS485_RTS_AFTER_SEND |
					      SER_RS485_RX_DURING_TX;
		port->rs485_supported.delay_rts_before_send = 1;
		port->rs485_supported.delay_rts_after_send = 1;
		spin_lock_init(&port->lock);
		error = uart_add_one_port(&driver, port);
		if (error)
			dev_err(&parent->dev, "port %u: %d\n", i, error);
	}
	return 0;
}

static void __exit null_modem_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++)
		uart_remove_one_port(&driver, &ends[i].port);
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		cancel_work_sync(&ends[i].lines);
	platform_device_unregister(parent);
	platform_driver_unregister(&parent_driver);
	uart_unregister_driver(&driver);
}

module_init(null_modem_init);
module_exit(null_modem_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Two serial ports wired to each other");
