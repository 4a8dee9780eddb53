// By paths that need no search path of their own, so that whoever imports a module that imports this one needs none.
#include <libftdi1/ftdi.h>
#include <libusb-1.0/libusb.h>
