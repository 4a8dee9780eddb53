// What the headers of the three operating systems have in common.
#ifndef HILBRIDGE_FIRMWARE_H
#define HILBRIDGE_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What every handle points to. The mark says what it is, and that it has not been deleted; the object is the library's.
struct hil_handle {
    uint64_t mark;
    void *object;
};

// Memory for a handle that firmware provides itself: larger than what is used, so that there is room to grow.
struct hil_handle_memory {
    struct hil_handle handle;
    uint64_t reserved[6];
};

#ifdef HIL_FIRMWARE_LIBRARY
// The firmware task that the calling thread runs, or NULL: an object of the library's.
extern __thread void *hil_firmware_task __attribute__((tls_model("initial-exec")));

static inline void *hil_firmware_task_get(void)
{
    return hil_firmware_task;
}

static inline void hil_firmware_task_set(void *task)
{
    hil_firmware_task = task;
}
#endif

#ifdef __cplusplus
}
#endif

#endif
