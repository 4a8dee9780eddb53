// The FreeRTOS interface, as of V11.1, for firmware that runs as a Linux program.
//
// A `FreeRTOSConfig.h` that the compiler finds is the firmware's own and is honoured; without one there are sensible
// defaults: 1 kHz tick, 32 priorities. What it says reaches the library in three ways: macros here expand to it in the
// firmware's own sources, creation functions pass it on, and `hil_freertos_configuration` registers the rest before
// `main` runs.
#ifndef INC_FREERTOS_H
#define INC_FREERTOS_H

#include <stddef.h>
#include <stdint.h>

#include "hil_firmware.h"

#ifndef HIL_FIRMWARE_LIBRARY
#if __has_include("FreeRTOSConfig.h")
#include "FreeRTOSConfig.h"
#endif
#endif

#include "hil_freertos_defaults.h"
#include "projdefs.h"
#include "portable.h"

// Control blocks that firmware provides itself, to be passed to the functions whose names end in `Static`.
typedef struct hil_handle_memory StaticTask_t;
typedef struct hil_handle_memory StaticQueue_t;
typedef struct hil_handle_memory StaticSemaphore_t;
typedef struct hil_handle_memory StaticEventGroup_t;
typedef struct hil_handle_memory StaticTimer_t;
typedef struct hil_handle_memory StaticStreamBuffer_t;
typedef struct hil_handle_memory StaticMessageBuffer_t;

#include "task.h"

#ifndef HIL_FIRMWARE_LIBRARY
#include "hil_freertos_configuration.h"
#endif

#endif
