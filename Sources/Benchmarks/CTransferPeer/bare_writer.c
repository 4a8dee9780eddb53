#include "bare_writer.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

int bare_write(int port, const void *bytes, size_t size, uint64_t times)
{
    while (times-- > 0) {
        const char *rest = bytes;
        size_t left = size;
        while (left > 0) {
            ssize_t count = write(port, rest, left);
            if (count > 0) {
                rest += count;
                left -= (size_t)count;
            } else if (errno == EAGAIN) {
                struct pollfd descriptor = {.fd = port, .events = POLLOUT};
                if (poll(&descriptor, 1, -1) < 0 && errno != EINTR)
                    return errno;
            } else if (errno != EINTR) {
                return errno;
            }
        }
    }
    return 0;
}
