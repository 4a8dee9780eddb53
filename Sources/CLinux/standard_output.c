#include "include/standard_output.h"

#include <errno.h>
#include <stdio.h>

int hil_output_flush(void)
{
    errno = 0;
    if (fflush(stdout) != 0)
        return errno ? errno : EIO;
    return ferror(stdout) ? EIO : 0;
}
