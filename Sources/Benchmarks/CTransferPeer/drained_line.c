#define _GNU_SOURCE
#include "drained_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

struct drained_line {
    int far_end;
    int port;
    char path[64];
    pthread_t reader;
    _Atomic uint64_t received;
    // The count somebody waits for; UINT64_MAX if nobody does.
    _Atomic uint64_t awaited;
    sem_t reached;
};

static void *drain(void *argument)
{
    struct drained_line *line = argument;
    static _Thread_local char buffer[1 << 16];
    uint64_t received = 0;
    for (;;) {
        ssize_t count = read(line->far_end, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return NULL;
        received += (uint64_t)count;
        atomic_store(&line->received, received);
        if (received >= atomic_load(&line->awaited)) {
            atomic_store(&line->awaited, UINT64_MAX);
            sem_post(&line->reached);
        }
    }
}

static int open_port(struct drained_line *line)
{
    line->far_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line->far_end < 0)
        return -1;
    if (grantpt(line->far_end) < 0 || unlockpt(line->far_end) < 0 ||
        ptsname_r(line->far_end, line->path, sizeof line->path) != 0)
        return -1;
    line->port = open(line->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->port < 0)
        return -1;
    struct termios settings;
    if (tcgetattr(line->port, &settings) < 0)
        return -1;
    cfmakeraw(&settings);
    return tcsetattr(line->port, TCSANOW, &settings);
}

struct drained_line *drained_line_open(void)
{
    struct drained_line *line = calloc(1, sizeof *line);
    if (line == NULL)
        return NULL;
    line->far_end = line->port = -1;
    line->awaited = UINT64_MAX;
    sem_init(&line->reached, 0, 0);
    int failure = open_port(line) < 0 ? errno : pthread_create(&line->reader, NULL, drain, line);
    if (failure == 0)
        return line;
    close(line->port);
    close(line->far_end);
    free(line);
    errno = failure;
    return NULL;
}

void drained_line_close(struct drained_line *line)
{
    // With the last descriptor of the port gone the reader finds the far end hung up.
    close(line->port);
    pthread_join(line->reader, NULL);
    close(line->far_end);
    sem_destroy(&line->reached);
    free(line);
}

const char *drained_line_path(const struct drained_line *line)
{
    return line->path;
}

int drained_line_port(const struct drained_line *line)
{
    return line->port;
}

uint64_t drained_line_received(const struct drained_line *line)
{
    return atomic_load(&line->received);
}

void drained_line_await(struct drained_line *line, uint64_t count)
{
    atomic_store(&line->awaited, count);
    if (atomic_load(&line->received) >= count) {
        uint64_t expected = count;
        // The reader may have seen the wish just now; its post is then on its way.
        if (atomic_compare_exchange_strong(&line->awaited, &expected, UINT64_MAX))
            return;
    }
    while (sem_wait(&line->reached) < 0 && errno == EINTR)
        continue;
}
