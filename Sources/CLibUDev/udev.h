// libudev: what the kernel and udev say of devices.
#include <libudev.h>
