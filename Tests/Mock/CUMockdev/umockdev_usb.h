// umockdev's library, and the requests of usbfs, whose numbers the kernel's header computes in macros that Swift cannot
// import.
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <umockdev.h>
#include <unistd.h>

static const unsigned long hil_usbfs_control = USBDEVFS_CONTROL;
static const unsigned long hil_usbfs_bulk = USBDEVFS_BULK;
static const unsigned long hil_usbfs_set_interface = USBDEVFS_SETINTERFACE;
static const unsigned long hil_usbfs_set_configuration = USBDEVFS_SETCONFIGURATION;
static const unsigned long hil_usbfs_get_driver = USBDEVFS_GETDRIVER;
static const unsigned long hil_usbfs_submit = USBDEVFS_SUBMITURB;
static const unsigned long hil_usbfs_discard = USBDEVFS_DISCARDURB;
static const unsigned long hil_usbfs_reap = USBDEVFS_REAPURB;
static const unsigned long hil_usbfs_reap_now = USBDEVFS_REAPURBNDELAY;
static const unsigned long hil_usbfs_claim = USBDEVFS_CLAIMINTERFACE;
static const unsigned long hil_usbfs_release = USBDEVFS_RELEASEINTERFACE;
static const unsigned long hil_usbfs_connect_info = USBDEVFS_CONNECTINFO;
static const unsigned long hil_usbfs_ioctl = USBDEVFS_IOCTL;
static const unsigned long hil_usbfs_reset = USBDEVFS_RESET;
static const unsigned long hil_usbfs_clear_halt = USBDEVFS_CLEAR_HALT;
static const unsigned long hil_usbfs_disconnect = USBDEVFS_DISCONNECT;
static const unsigned long hil_usbfs_connect = USBDEVFS_CONNECT;
static const unsigned long hil_usbfs_get_capabilities = USBDEVFS_GET_CAPABILITIES;
static const unsigned long hil_usbfs_disconnect_claim = USBDEVFS_DISCONNECT_CLAIM;
static const unsigned long hil_usbfs_get_speed = USBDEVFS_GET_SPEED;

// F_SETPIPE_SZ, which glibc shows to GNU's sources only.
static const int hil_set_pipe_size = 1024 + 7;

// Timers of the calling thread, and of the threads and programs that it starts from then on, go off when they are due, not
// up to 50 µs later.
static inline void hil_mock_use_exact_timers(void)
{
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

// The environment of this process, which Swift takes for a variable that threads may fight over. Only for before there are
// others that change it.
static inline char **hil_mock_environment(void)
{
    return __environ;
}
