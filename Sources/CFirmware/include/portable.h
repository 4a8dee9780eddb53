// FreeRTOS's heap.
#ifndef PORTABLE_H
#define PORTABLE_H

#include "portmacro.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct HeapRegion {
    uint8_t *pucStartAddress;
    size_t xSizeInBytes;
} HeapRegion_t;

typedef struct xHeapStats {
    size_t xAvailableHeapSpaceInBytes;
    size_t xSizeOfLargestFreeBlockInBytes;
    size_t xSizeOfSmallestFreeBlockInBytes;
    size_t xNumberOfFreeBlocks;
    size_t xMinimumEverFreeBytesRemaining;
    size_t xNumberOfSuccessfulAllocations;
    size_t xNumberOfSuccessfulFrees;
} HeapStats_t;

// Memory below 4 GiB where the kernel has room there, aligned to 16 bytes. NULL, after the malloc-failed hook, if there
// is none or if more than `configTOTAL_HEAP_SIZE` would be in use: what firmware itself allocates counts, the library's
// own objects do not.
void *pvPortMalloc(size_t xWantedSize);
void *pvPortCalloc(size_t xNum, size_t xSize);
// NULL is allowed. A piece freed twice, or one that is not from this heap, is told on stderr and left alone.
void vPortFree(void *pv);
size_t xPortGetFreeHeapSize(void);
size_t xPortGetMinimumEverFreeHeapSize(void);
void xPortResetHeapMinimumEverFreeHeapSize(void);
void vPortGetHeapStats(HeapStats_t *pxHeapStats);
// The regions are not used: the heap is the process's.
void vPortDefineHeapRegions(const HeapRegion_t *const pxHeapRegions);
void vPortInitialiseBlocks(void);

// Gathered in one heap with the rest.
#define pvPortMallocStack pvPortMalloc
#define vPortFreeStack vPortFree

#ifdef __cplusplus
}
#endif

#endif
