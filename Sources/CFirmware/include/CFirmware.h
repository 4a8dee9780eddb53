// Everything that firmware may include, as the library's own sources see it. Firmware includes the headers that its
// operating system has, by the names that they have there.
#ifndef HILBRIDGE_CFIRMWARE_H
#define HILBRIDGE_CFIRMWARE_H

// Leaves out what each of firmware's source files brings with it: its configuration.
#define HIL_FIRMWARE_LIBRARY 1

#include "hil_firmware.h"

#include "FreeRTOS.h"
#include "task.h"
#include "queue.h"
#include "semphr.h"
#include "stream_buffer.h"
#include "message_buffer.h"
#include "timers.h"
#include "event_groups.h"
#include "FreeRTOS_IO.h"
#include "hil_freertos_configuration.h"
#include "cmsis_os2.h"

#include "os.h"

#endif
