#ifndef HILBRIDGE_PSEUDOTERMINAL_H
#define HILBRIDGE_PSEUDOTERMINAL_H

#include <stddef.h>

// Opens a pseudoterminal pair (posix_openpt, grantpt, unlockpt): returns the master's descriptor, closed on exec, and
// writes the slave's path. On failure a negative errno.
int hil_pty_open(char *_Nonnull path, size_t size);

#endif
