#define HIL_FIRMWARE_LIBRARY 1

#include "hil_firmware.h"

__thread void *hil_firmware_task;
