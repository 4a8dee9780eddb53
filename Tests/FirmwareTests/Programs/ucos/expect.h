/* How the programs for uC/OS-III check, and how they begin and end. */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"

static int checks_failed;

#define EXPECT(condition)                                              \
    do {                                                               \
        if (!(condition)) {                                            \
            printf("%s:%d: not so: %s\n", __func__, __LINE__, #condition); \
            checks_failed++;                                           \
        }                                                              \
    } while (0)

/* Makes a call that takes &err, and compares what it says. */
#define ANSWERS(expected, call)                                                                \
    do {                                                                                       \
        OS_ERR err = OS_ERR_Z;                                                                 \
        call;                                                                                  \
        if (err != (expected)) {                                                               \
            printf("%s:%d: %s answers %d, not %s\n", __func__, __LINE__, #call, (int)err, #expected); \
            checks_failed++;                                                                   \
        }                                                                                      \
    } while (0)

#define STACK_SIZE 128u

/* A task of its own for a test, and what it does. */
struct helper {
    OS_TCB tcb;
    CPU_STK stack[STACK_SIZE];
};

static inline void helper_start_q(struct helper *helper, OS_TASK_PTR body, void *arg, OS_PRIO prio, OS_MSG_QTY q_size)
{
    OS_ERR err;

    OSTaskCreate(
        &helper->tcb, (CPU_CHAR *)"helper", body, arg, prio, helper->stack, STACK_SIZE / 10u, STACK_SIZE, q_size, 0u,
        NULL, OS_OPT_TASK_STK_CHK | OS_OPT_TASK_STK_CLR, &err);
    EXPECT(err == OS_ERR_NONE);
}

static inline void helper_start(struct helper *helper, OS_TASK_PTR body, void *arg, OS_PRIO prio)
{
    helper_start_q(helper, body, arg, prio, 2u);
}

/* Lets time pass until a helper waits, or has ended: with tasks in parallel nobody knows when. */
static inline void until_state(struct helper *helper, OS_STATE state)
{
    OS_ERR err;

    for (int i = 0; i < 20000 && *(volatile OS_STATE *)&helper->tcb.TaskState != state; i++)
        OSTimeDly(1u, OS_OPT_TIME_DLY, &err);
    EXPECT(helper->tcb.TaskState == state);
}

static inline void finish(void)
{
    printf(checks_failed == 0 ? "all is well\n" : "%d checks failed\n", checks_failed);
    fflush(stdout);
    _Exit(checks_failed == 0 ? 0 : 1);
}

static OS_TCB main_tcb;
static CPU_STK main_stack[STACK_SIZE];

/* The task that makes the checks has priority 10, and a queue of 2 messages. */
static inline int run(OS_TASK_PTR body)
{
    OS_ERR err;

    OSTaskCreate(
        &main_tcb, (CPU_CHAR *)"checks", body, NULL, 10u, main_stack, 0u, STACK_SIZE, 2u, 0u, NULL, OS_OPT_TASK_NONE,
        &err);
    EXPECT(err == OS_ERR_NONE);
    OSStart(&err);
    printf("OSStart came back with %d\n", (int)err);
    return 1;
}

#endif
