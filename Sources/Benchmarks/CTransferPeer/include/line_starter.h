#ifndef HILBRIDGE_LINE_STARTER_H
#define HILBRIDGE_LINE_STARTER_H

#include <stdint.h>

// Stops a serial port's output, as a device does that has no room, and lets it go on later from a thread of its own.
// On a pty that wakes whoever polls for room at once, with no help from the kernel's worker threads.
struct line_starter;

// `port` stays the caller's. NULL with errno set if no thread can be made.
struct line_starter *_Nullable line_starter_create(int port);
void line_starter_destroy(struct line_starter *_Nonnull starter);

// Stops output: tcflow(3) with TCOOFF.
void line_starter_stop(struct line_starter *_Nonnull starter);
// Has output go on, with TCOON, after a delay that lets everybody fall asleep.
void line_starter_start_soon(struct line_starter *_Nonnull starter, uint64_t delay_ns);
// When output went on last: just before TCOON.
uint64_t line_starter_started_at(const struct line_starter *_Nonnull starter);

#endif
