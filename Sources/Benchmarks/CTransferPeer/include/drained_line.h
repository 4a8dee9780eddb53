#ifndef HILBRIDGE_DRAINED_LINE_H
#define HILBRIDGE_DRAINED_LINE_H

#include <stdint.h>

// A raw pty whose far end a thread of its own reads empty, always in the same way, whoever writes.
struct drained_line;

// Opens the pty and starts the reader. NULL with errno set if that fails.
struct drained_line *_Nullable drained_line_open(void);
void drained_line_close(struct drained_line *_Nonnull line);

// The path of the serial port.
const char *_Nonnull drained_line_path(const struct drained_line *_Nonnull line);
// A descriptor of the serial port for the bare loops: non-blocking, and opened before anybody could claim the port.
int drained_line_port(const struct drained_line *_Nonnull line);

// Bytes that the reader has taken so far.
uint64_t drained_line_received(const struct drained_line *_Nonnull line);
// Blocks until the reader has taken `count` bytes since the line was opened. One thread at a time.
void drained_line_await(struct drained_line *_Nonnull line, uint64_t count);

#endif
