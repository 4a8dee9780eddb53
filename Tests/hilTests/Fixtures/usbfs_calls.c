// Makes the calls of usbfs that libusb does not make, and those that must fail, on the node of an FT232H with TX wired to
// RX: usbfs_calls NODE. Prints what is not as it should be.
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OUT_ENDPOINT = 0x02, IN_ENDPOINT = 0x81, SET_LATENCY = 0x09 };

static int failures;
static int device;

#define EXPECT(condition)                                                            \
    do {                                                                             \
        if (!(condition)) {                                                          \
            failures++;                                                              \
            printf("line %d: not so: %s (errno %d)\n", __LINE__, #condition, errno); \
        }                                                                            \
    } while (0)
#define FAILS(call, code) EXPECT((call) == -1 && errno == (code))

static int control(unsigned char type, unsigned char request, unsigned short value, void *data, unsigned short length)
{
    struct usbdevfs_ctrltransfer transfer = {type, request, value, 0, length, 1000, data};
    return ioctl(device, USBDEVFS_CONTROL, &transfer);
}

static int bulk(unsigned int endpoint, void *data, unsigned int length, unsigned int milliseconds)
{
    struct usbdevfs_bulktransfer transfer = {endpoint, length, milliseconds, data};
    return ioctl(device, USBDEVFS_BULK, &transfer);
}

static int with_driver(int code)
{
    struct usbdevfs_ioctl call = {0, code, NULL};
    return ioctl(device, USBDEVFS_IOCTL, &call);
}

static int is_ready(int milliseconds)
{
    struct pollfd descriptor = {device, POLLOUT, 0};
    return poll(&descriptor, 1, milliseconds) == 1 && descriptor.revents & POLLOUT;
}

static void what_it_is(void)
{
    unsigned char bytes[64];
    EXPECT(read(device, bytes, 18) == 18 && bytes[1] == USB_DT_DEVICE && bytes[8] == 0x03 && bytes[9] == 0x04);
    EXPECT(read(device, bytes, sizeof bytes) == 32 && bytes[1] == USB_DT_CONFIG);
    EXPECT(read(device, bytes, sizeof bytes) == 0);
    FAILS(write(device, bytes, 1), EINVAL);
    unsigned int capabilities = 0;
    EXPECT(ioctl(device, USBDEVFS_GET_CAPABILITIES, &capabilities) == 0);
    EXPECT(capabilities & USBDEVFS_CAP_BULK_SCATTER_GATHER && !(capabilities & USBDEVFS_CAP_MMAP));
    EXPECT(ioctl(device, USBDEVFS_GET_SPEED, NULL) == USB_SPEED_HIGH);
    struct usbdevfs_connectinfo info = {0, 1};
    EXPECT(ioctl(device, USBDEVFS_CONNECTINFO, &info) == 0 && info.devnum == 2 && info.slow == 0);
    EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0) == MAP_FAILED);
    FAILS(ioctl(device, USBDEVFS_ALLOC_STREAMS, &info), ENOTTY);
}

static void who_has_it(const char *node)
{
    unsigned int first = 0, second = 1;
    struct usbdevfs_getdriver driver = {0, ""};
    EXPECT(ioctl(device, USBDEVFS_GETDRIVER, &driver) == 0 && !strcmp(driver.driver, "ftdi_sio"));
    FAILS(ioctl(device, USBDEVFS_CLAIMINTERFACE, &first), EBUSY);
    FAILS(ioctl(device, USBDEVFS_CLAIMINTERFACE, &second), ENOENT);
    FAILS(with_driver(USBDEVFS_CONNECT), EBUSY);
    EXPECT(with_driver(USBDEVFS_DISCONNECT) == 0);
    FAILS(with_driver(USBDEVFS_DISCONNECT), ENODATA);
    FAILS(ioctl(device, USBDEVFS_GETDRIVER, &driver), ENODATA);
    EXPECT(ioctl(device, USBDEVFS_CLAIMINTERFACE, &first) == 0);
    EXPECT(ioctl(device, USBDEVFS_GETDRIVER, &driver) == 0 && !strcmp(driver.driver, "usbfs"));

    int other = open(node, O_RDWR);
    struct usbdevfs_disconnect_claim claim = {0, USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER, "usbfs"};
    FAILS(ioctl(other, USBDEVFS_CLAIMINTERFACE, &first), EBUSY);
    FAILS(ioctl(other, USBDEVFS_DISCONNECT_CLAIM, &claim), EBUSY);
    FAILS(ioctl(other, USBDEVFS_RELEASEINTERFACE, &first), EINVAL);
    // An endpoint's interface is claimed by the way.
    struct usbdevfs_urb urb = {.type = USBDEVFS_URB_TYPE_BULK, .endpoint = OUT_ENDPOINT};
    FAILS(ioctl(other, USBDEVFS_SUBMITURB, &urb), EBUSY);
    EXPECT(ioctl(device, USBDEVFS_RELEASEINTERFACE, &first) == 0);
    claim.flags = USBDEVFS_DISCONNECT_CLAIM_IF_DRIVER;
    EXPECT(ioctl(other, USBDEVFS_DISCONNECT_CLAIM, &claim) == 0);
    FAILS(ioctl(device, USBDEVFS_CLAIMINTERFACE, &first), EBUSY);
    // What is closed has nothing any more; the close is heard of a little later.
    close(other);
    int tries = 0;
    while (ioctl(device, USBDEVFS_CLAIMINTERFACE, &first) != 0 && ++tries < 1000)
        usleep(10000);
    EXPECT(tries < 1000);
}

static void transfers(void)
{
    unsigned char bytes[512] = {0};
    EXPECT(control(0x80, USB_REQ_GET_DESCRIPTOR, USB_DT_DEVICE << 8, bytes, 18) == 18 && bytes[0] == 18);
    FAILS(control(0xC0, 0x77, 0, bytes, 2), EPIPE);
    EXPECT(control(0x40, SET_LATENCY, 1, NULL, 0) == 0);
    EXPECT(bulk(OUT_ENDPOINT, "x", 1, 1000) == 1);
    int count = 0;
    for (int tries = 0; tries < 1000 && count < 3; tries++)
        count = bulk(IN_ENDPOINT, bytes, sizeof bytes, 1000);
    EXPECT(count == 3 && bytes[2] == 'x');
    FAILS(bulk(0x83, bytes, sizeof bytes, 1000), ENOENT);
    // Something comes in every quarter of a second only; sooner or later it is not just then.
    EXPECT(control(0x40, SET_LATENCY, 255, NULL, 0) == 0);
    int result = 0;
    for (int tries = 0; tries < 1000 && result >= 0; tries++)
        result = bulk(IN_ENDPOINT, bytes, sizeof bytes, 1);
    EXPECT(result == -1 && errno == ETIMEDOUT);
    EXPECT(bulk(IN_ENDPOINT, bytes, sizeof bytes, 0) == 2);
}

static void urbs(void)
{
    unsigned char bytes[512] = {0};
    struct usbdevfs_urb urb = {.type = USBDEVFS_URB_TYPE_BULK, .endpoint = IN_ENDPOINT, .buffer = bytes, .buffer_length = 512};
    struct usbdevfs_urb *reaped = NULL;
    FAILS(ioctl(device, USBDEVFS_REAPURBNDELAY, &reaped), EAGAIN);
    EXPECT(!is_ready(0));
    FAILS(ioctl(device, USBDEVFS_DISCARDURB, &urb), EINVAL);

    // Taken back, unless it ends just then.
    for (int tries = 0; tries < 1000 && urb.status != -ENOENT; tries++) {
        EXPECT(ioctl(device, USBDEVFS_SUBMITURB, &urb) == 0);
        if (ioctl(device, USBDEVFS_DISCARDURB, &urb) < 0)
            EXPECT(errno == EINVAL);
        EXPECT(is_ready(60000));
        reaped = NULL;
        EXPECT(ioctl(device, USBDEVFS_REAPURB, &reaped) == 0 && reaped == &urb);
    }
    EXPECT(urb.status == -ENOENT);
    EXPECT(!is_ready(0));

    // Waited for in the call that reaps; fewer bytes than were asked for may be an error.
    urb.flags = USBDEVFS_URB_SHORT_NOT_OK;
    EXPECT(ioctl(device, USBDEVFS_SUBMITURB, &urb) == 0);
    EXPECT(ioctl(device, USBDEVFS_REAPURB, &reaped) == 0 && reaped == &urb);
    EXPECT(urb.status == -EREMOTEIO && urb.actual_length == 2);

    urb.type = USBDEVFS_URB_TYPE_ISO;
    FAILS(ioctl(device, USBDEVFS_SUBMITURB, &urb), EINVAL);
    urb.type = USBDEVFS_URB_TYPE_BULK;
    urb.endpoint = 0x83;
    FAILS(ioctl(device, USBDEVFS_SUBMITURB, &urb), ENOENT);
    urb.endpoint = IN_ENDPOINT;
    urb.buffer_length = 17 << 20;
    FAILS(ioctl(device, USBDEVFS_SUBMITURB, &urb), ENOMEM);
    urb.type = USBDEVFS_URB_TYPE_CONTROL;
    urb.endpoint = 0;
    urb.buffer_length = 7;
    FAILS(ioctl(device, USBDEVFS_SUBMITURB, &urb), EINVAL);
}

static void settings(void)
{
    unsigned int endpoint = IN_ENDPOINT, unknown = 0x83, configuration = 1, interface = 0;
    struct usbdevfs_setinterface alternate = {0, 0};
    EXPECT(ioctl(device, USBDEVFS_CLEAR_HALT, &endpoint) == 0);
    FAILS(ioctl(device, USBDEVFS_CLEAR_HALT, &unknown), ENOENT);
    EXPECT(ioctl(device, USBDEVFS_SETCONFIGURATION, &configuration) == 0);
    EXPECT(ioctl(device, USBDEVFS_SETINTERFACE, &alternate) == 0);
    alternate.altsetting = 1;
    FAILS(ioctl(device, USBDEVFS_SETINTERFACE, &alternate), EPIPE);

    // A reset ends what is under way.
    unsigned char bytes[512];
    struct usbdevfs_urb urb = {.type = USBDEVFS_URB_TYPE_BULK, .endpoint = IN_ENDPOINT, .buffer = bytes, .buffer_length = 512};
    struct usbdevfs_urb *reaped = NULL;
    EXPECT(ioctl(device, USBDEVFS_SUBMITURB, &urb) == 0);
    EXPECT(ioctl(device, USBDEVFS_RESET, NULL) == 0);
    EXPECT(ioctl(device, USBDEVFS_REAPURB, &reaped) == 0 && reaped == &urb);

    EXPECT(ioctl(device, USBDEVFS_RELEASEINTERFACE, &interface) == 0);
    EXPECT(with_driver(USBDEVFS_CONNECT) == 1);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    device = open(argv[1], O_RDWR);
    if (device < 0) {
        perror(argv[1]);
        return 1;
    }
    what_it_is();
    who_has_it(argv[1]);
    transfers();
    urbs();
    settings();
    return failures ? 1 : 0;
}
