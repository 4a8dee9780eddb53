#define _GNU_SOURCE
#include "barrier.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_asymmetric;

static void enlist(void)
{
    is_asymmetric = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

int hil_barrier_is_asymmetric(void)
{
    pthread_once(&once, enlist);
    return is_asymmetric;
}

void hil_barrier_slow(void)
{
    hil_barrier_full();
    if (hil_barrier_is_asymmetric())
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}
