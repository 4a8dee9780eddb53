#include "bare_lock.h"

#include "CMeasuring.h"

#include <pthread.h>

uint64_t bare_lock_time(uint64_t count)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    uint64_t start = peer_now();
    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    return peer_now() - start;
}
