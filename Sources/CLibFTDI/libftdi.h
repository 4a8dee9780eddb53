#include <ftdi.h>
#include <libusb.h>
