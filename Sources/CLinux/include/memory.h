#ifndef HILBRIDGE_MEMORY_H
#define HILBRIDGE_MEMORY_H

#include <stddef.h>

// Maps zeroed pages, below 4 GiB where the kernel has room there, so that firmware may keep an address in 32 bits.
// NULL if there is no memory. `size` is rounded up to whole pages.
void *_Nullable hil_memory_map(size_t size);
void hil_memory_unmap(void *_Nonnull memory, size_t size);

// mlock(2): 0 or a positive errno.
int hil_memory_lock(const void *_Nonnull memory, size_t size);

#endif
