#define _GNU_SOURCE
#include "interruption.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static int signal_number;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void do_nothing(int number)
{
    (void)number;
}

static void choose_signal(void)
{
    for (int number = SIGRTMAX; number >= SIGRTMIN; number--) {
        struct sigaction before;
        if (sigaction(number, NULL, &before) != 0 || before.sa_handler != SIG_DFL)
            continue;
        // No SA_RESTART: that a call ends is the purpose.
        struct sigaction action = {.sa_handler = do_nothing};
        if (sigaction(number, &action, NULL) == 0) {
            signal_number = number;
            return;
        }
    }
}

int hil_interruption_prepare(void)
{
    pthread_once(&once, choose_signal);
    if (signal_number == 0)
        return -EAGAIN;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    return (int)syscall(SYS_gettid);
}

void hil_interruption_send(int thread)
{
    syscall(SYS_tgkill, getpid(), thread, signal_number);
}
