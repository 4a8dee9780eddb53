#ifndef HILBRIDGE_BARE_WRITER_H
#define HILBRIDGE_BARE_WRITER_H

#include <stddef.h>
#include <stdint.h>

// Writes the same `size` bytes `times` over to a non-blocking descriptor: write(2), and poll(2) when there is no room.
// Returns 0 or an errno.
int bare_write(int port, const void *_Nonnull bytes, size_t size, uint64_t times);

#endif
