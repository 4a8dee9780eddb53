#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

static const uintptr_t four_gigabytes = (uintptr_t)1 << 32;

static void *map_at(void *hint, size_t size, int flags)
{
    void *memory = mmap(hint, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *hil_memory_map(size_t size)
{
#ifdef MAP_32BIT
    void *low = map_at(NULL, size, MAP_32BIT);
    if (low != NULL)
        return low;
#else
    // No such flag here, but the kernel takes a hint where nothing else is.
    for (uintptr_t hint = 0x10000000; hint + size < four_gigabytes; hint += 0x10000000) {
        void *low = map_at((void *)hint, size, 0);
        if (low == NULL)
            return NULL;
        if ((uintptr_t)low + size <= four_gigabytes)
            return low;
        munmap(low, size);
    }
#endif
    (void)four_gigabytes;
    return map_at(NULL, size, 0);
}

void hil_memory_unmap(void *memory, size_t size)
{
    munmap(memory, size);
}

int hil_memory_lock(const void *memory, size_t size)
{
    return mlock(memory, size) < 0 ? errno : 0;
}
