/* A program's own checks: the first that fails is told, and ends it with status 1. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);      \
            fflush(stdout);                                                     \
            _Exit(1);                                                           \
        }                                                                       \
    } while (0)

/* Waits until a task is in this state. */
#define AWAIT_STATE(xTask, eState)                \
    do {                                          \
        while (eTaskGetState(xTask) != (eState))  \
            vTaskDelay(1);                        \
    } while (0)

#endif
