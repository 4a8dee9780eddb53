#ifndef HILBRIDGE_BARE_LOCK_H
#define HILBRIDGE_BARE_LOCK_H

#include <stdint.h>

// Nanoseconds for so many times pthread_mutex_lock and pthread_mutex_unlock, with nobody else there.
uint64_t bare_lock_time(uint64_t count);

#endif
