// FreeRTOS+IO: open, read, write and ioctl on serial ports and SPI devices.
//
// A path such as "/SPI2/" is looked up in the board file (`HIL_BOARD`, else `board.yaml` in the working folder, else a
// built-in board of virtual devices). `FreeRTOSIOConfig.h`, if the compiler finds one, switches transfer modes off.
#ifndef FREERTOS_IO_H
#define FREERTOS_IO_H

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"
#include "semphr.h"

#ifndef HIL_FIRMWARE_LIBRARY
#if __has_include("FreeRTOSIOConfig.h")
#include "FreeRTOSIOConfig.h"
#endif
#endif

#include "FreeRTOS_IO_BSP.h"
#include "hil_freertos_io_modes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef const void *Peripheral_Descriptor_t;

// Transfer modes. Each peripheral opens polled in both directions.
#define ioctlUSE_POLLED_TX 0UL
#define ioctlUSE_POLLED_RX 1UL
#define ioctlUSE_ZERO_COPY_TX 2UL
// The value is the length of the queue or buffer in bytes.
#define ioctlUSE_CHARACTER_QUEUE_TX 3UL
#define ioctlUSE_CHARACTER_QUEUE_RX 4UL
#define ioctlUSE_CIRCULAR_BUFFER_RX 5UL

// The value is the longest wait in ticks.
#define ioctlOBTAIN_WRITE_MUTEX 10UL
#define ioctlWAIT_PREVIOUS_WRITE_COMPLETE 11UL
#define ioctlRELEASE_WRITE_MUTEX 12UL
#define ioctlSET_TX_TIMEOUT 13UL
#define ioctlSET_RX_TIMEOUT 14UL
#define ioctlCLEAR_RX_BUFFER 15UL

// Bits per second.
#define ioctlSET_SPEED 100UL
#define ioctlUSE_INTERRUPTS 101UL
// 0 for an ordinary thread, 1 to 99 for real time.
#define ioctlSET_INTERRUPT_PRIORITY 102UL

#define ioctlSET_SPI_DATA_BITS 200UL
#define ioctlSET_SPI_CLOCK_PHASE 201UL
#define ioctlSET_SPI_CLOCK_POLARITY 202UL
#define ioctlSET_SPI_MODE 203UL
#define ioctlSET_SSP_FRAME_FORMAT 204UL

#define ioctlSET_I2C_SLAVE_ADDRESS 300UL

// Not in the original: chip select stays asserted from a write to the next read, and is released.
#define ioctlHOLD_CHIP_SELECT 1000UL
#define ioctlRELEASE_CHIP_SELECT 1001UL

// Not in the original: in a stream, received bytes are fetched once in so many microseconds (0, as they come, to 10000).
#define ioctlSET_RX_COALESCING 1002UL

// Opens a peripheral; the same descriptor if it is open already. The flags are not used. NULL if there is no such
// device, and a line on stderr says why.
Peripheral_Descriptor_t FreeRTOS_open(const int8_t *pcPath, uint32_t ulFlags);

// Writes in the transmit mode in force, and answers how many bytes were taken: polled when all are off the wire; zero
// copy at once, with the buffer lent until the write mutex can be obtained again; character queue when all are in the
// queue or the transmit time-out is over. Zero copy without the write mutex: 0.
size_t FreeRTOS_write(Peripheral_Descriptor_t const pxPeripheral, const void *pvBuffer, const size_t xBytes);

// Reads in the receive mode in force until the buffer is full, or, with a queue or circular buffer, the receive
// time-out is over, and answers how many bytes. An SPI device clocks dummy bytes out for it.
size_t FreeRTOS_read(Peripheral_Descriptor_t const pxPeripheral, void *const pvBuffer, const size_t xBytes);

// Carries out a request: pdPASS, or pdFAIL.
BaseType_t FreeRTOS_ioctl(Peripheral_Descriptor_t const xPeripheral, uint32_t ulRequest, void *pvValue);

// What `FreeRTOS_open` comes to: the modes that this source file's configuration admits go with it.
Peripheral_Descriptor_t hilFreeRTOSIOOpen(const int8_t *path, uint32_t flags, uint32_t modes);

#ifdef __cplusplus
}
#endif

#ifndef HIL_FIRMWARE_LIBRARY
// Firmware passes paths as strings, NULL as flags, and numbers as pointers and as they are.
#define FreeRTOS_open(pcPath, ulFlags) \
    hilFreeRTOSIOOpen((const int8_t *)(pcPath), (uint32_t)(uintptr_t)(ulFlags), HIL_FREERTOS_IO_MODES)
#define FreeRTOS_ioctl(xPeripheral, ulRequest, pvValue) \
    FreeRTOS_ioctl((xPeripheral), (uint32_t)(ulRequest), (void *)(uintptr_t)(pvValue))
#endif

#endif
