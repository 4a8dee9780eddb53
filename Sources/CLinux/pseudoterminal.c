#define _GNU_SOURCE
#include "pseudoterminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int hil_pty_open(char *path, size_t size)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0)
        return -errno;
    int failure = 0;
    if (grantpt(master) < 0 || unlockpt(master) < 0)
        failure = errno;
    else
        failure = ptsname_r(master, path, size);
    if (failure != 0) {
        close(master);
        return -failure;
    }
    return master;
}
