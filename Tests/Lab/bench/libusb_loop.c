// The least that drives an FT232H as an SPI controller: libusb's own calls, one transfer after another, or for bulk data
// as many at once as the others have. What the lab measures our driver against.
//
//   libusb_loop write|read|exchange COUNT
#include <libusb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OUT_ENDPOINT = 0x02, IN_ENDPOINT = 0x81, PIECE = 65536, IN_FLIGHT = 8, IN_SIZE = 16384 };

static libusb_device_handle *device;

static void fail(const char *what, int result)
{
    fprintf(stderr, "libusb_loop: %s: %s\n", what, libusb_error_name(result));
    exit(1);
}

static void request(uint8_t code, uint16_t value)
{
    int result = libusb_control_transfer(device, 0x40, code, value, 1, NULL, 0, 1000);
    if (result < 0)
        fail("control", result);
}

static void send_all(uint8_t *bytes, int count)
{
    int done = 0;
    int result = libusb_bulk_transfer(device, OUT_ENDPOINT, bytes, count, &done, 10000);
    if (result < 0 || done != count)
        fail("bulk out", result);
}

// Takes out the two status bytes in front of every packet, and answers how many bytes of data there were.
static long receive_some(uint8_t *data, long wanted)
{
    static uint8_t raw[IN_SIZE];
    int got = 0;
    int result = libusb_bulk_transfer(device, IN_ENDPOINT, raw, sizeof raw, &got, 10000);
    if (result < 0)
        fail("bulk in", result);
    long count = 0;
    for (int place = 0; place + 2 < got; place += 512) {
        int length = got - place < 512 ? got - place : 512;
        if (data && count + length - 2 <= wanted)
            memcpy(data + count, raw + place + 2, (size_t)length - 2);
        count += length - 2;
    }
    return count;
}

static int pending;

static void LIBUSB_CALL done(struct libusb_transfer *transfer)
{
    if (transfer->status != LIBUSB_TRANSFER_COMPLETED)
        fail("asynchronous transfer", LIBUSB_ERROR_IO);
    pending--;
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint8_t select_low[] = {0x80, 0x00, 0x0b};
static uint8_t release_and_read[] = {0x80, 0x08, 0x0b, 0x81, 0x87};

// All of it under one chip select, every transfer queued before the first has ended.
static void write_bulk(long count)
{
    uint8_t *buffer = calloc(1, (size_t)count);
    long pieces = (count + PIECE - 1) / PIECE;
    uint8_t *headers = malloc((size_t)pieces * 3);
    send_all(select_low, sizeof select_low);
    for (long piece = 0; piece < pieces; piece++) {
        long length = count - piece * PIECE < PIECE ? count - piece * PIECE : PIECE;
        uint8_t *header = headers + piece * 3;
        header[0] = 0x11;
        header[1] = (uint8_t)((length - 1) & 0xff);
        header[2] = (uint8_t)((length - 1) >> 8);
        struct { uint8_t *bytes; int count; } parts[] = {{header, 3}, {buffer + piece * PIECE, (int)length}};
        for (int part = 0; part < 2; part++) {
            while (pending >= IN_FLIGHT)
                libusb_handle_events(NULL);
            struct libusb_transfer *transfer = libusb_alloc_transfer(0);
            transfer->flags = LIBUSB_TRANSFER_FREE_TRANSFER;
            libusb_fill_bulk_transfer(transfer, device, OUT_ENDPOINT, parts[part].bytes, parts[part].count, done, NULL,
                                      10000);
            int result = libusb_submit_transfer(transfer);
            if (result < 0)
                fail("submit", result);
            pending++;
        }
    }
    while (pending)
        libusb_handle_events(NULL);
    send_all(release_and_read, sizeof release_and_read);
    while (receive_some(NULL, 0) == 0) {}
    free(headers);
    free(buffer);
}

static void read_bulk(long count)
{
    uint8_t *buffer = malloc((size_t)count + PIECE);
    send_all(select_low, sizeof select_low);
    for (long place = 0; place < count; place += PIECE) {
        long length = count - place < PIECE ? count - place : PIECE;
        uint8_t command[] = {0x20, (uint8_t)((length - 1) & 0xff), (uint8_t)((length - 1) >> 8), 0x87};
        send_all(command, sizeof command);
        for (long got = 0; got < length;)
            got += receive_some(buffer + place + got, length - got);
    }
    send_all(release_and_read, sizeof release_and_read);
    while (receive_some(NULL, 0) == 0) {}
    free(buffer);
}

static void exchange(long count)
{
    uint8_t answer[4] = {0};
    uint8_t command[] = {0x80, 0x00, 0x0b, 0x31, 3, 0, 0x9f, 0, 0, 0, 0x80, 0x08, 0x0b, 0x87};
    for (long number = 0; number < count; number++) {
        send_all(command, sizeof command);
        for (long got = 0; got < 4;)
            got += receive_some(answer + got, 4 - got);
    }
    if (memcmp(answer, command + 6, 4) != 0)
        fail("the wire changed what was sent", LIBUSB_ERROR_OTHER);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: libusb_loop write|read|exchange COUNT\n");
        return 2;
    }
    long count = atol(argv[2]);
    int result = libusb_init(NULL);
    if (result < 0)
        fail("init", result);
    device = libusb_open_device_with_vid_pid(NULL, 0x0403, 0x6014);
    if (!device)
        fail("open", LIBUSB_ERROR_NO_DEVICE);
    libusb_set_auto_detach_kernel_driver(device, 1);
    result = libusb_claim_interface(device, 0);
    if (result < 0)
        fail("claim", result);
    request(0x00, 0);      // reset
    request(0x09, 1);      // latency timer, 1 ms
    request(0x0b, 0x0200); // MPSSE
    // 60 MHz base, no adaptive clock, no three-phase clock, no loopback, divisor 0: 30 MHz.
    uint8_t set_up[] = {0x8a, 0x97, 0x8d, 0x85, 0x86, 0, 0, 0x80, 0x08, 0x0b};
    send_all(set_up, sizeof set_up);

    void (*measurement)(long) = !strcmp(argv[1], "write") ? write_bulk : !strcmp(argv[1], "read") ? read_bulk : exchange;
    // What is done for the first time takes long where code is translated as it runs.
    measurement(count / 16 + 4 < count ? count / 16 + 4 : count);
    double start = seconds();
    measurement(count);
    printf("%.1f\n", (double)count / (seconds() - start));

    libusb_release_interface(device, 0);
    libusb_close(device);
    libusb_exit(NULL);
}
