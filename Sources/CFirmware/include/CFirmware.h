// Everything that firmware may include, as the library's own sources see it. Firmware includes the headers that its
// operating system has, by the names that they have there.
#ifndef HILBRIDGE_CFIRMWARE_H
#define HILBRIDGE_CFIRMWARE_H

// Leaves out what each of firmware's source files brings with it: its configuration.
#define HIL_FIRMWARE_LIBRARY 1

#include "hil_firmware.h"

#include "FreeRTOS.h"
#include "hil_freertos_configuration.h"

#include "os.h"

#endif
