/* What the CMSIS-RTOS2 programs have in common: a thread that makes the checks, and helpers for them. */
#ifndef CMSIS_CHECK_H
#define CMSIS_CHECK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmsis_os2.h"
#include "cmsis_compiler.h"
#include "check.h"

/* Each program's own. */
static void checks(void);

static void checking_thread(void *argument)
{
    (void)argument;
    checks();
    printf("all so\n");
    fflush(stdout);
    _Exit(0);
}

__STATIC_INLINE osThreadId_t start_checks(void)
{
    static const osThreadAttr_t attributes = {.name = "checks"};

    return osThreadNew(checking_thread, NULL, &attributes);
}

static inline osThreadId_t start_thread(osThreadFunc_t function, void *argument, osPriority_t priority)
{
    /* The last member by the name that it had in older versions. */
    osThreadAttr_t attributes = {
        .name = "other", .attr_bits = osThreadJoinable, .priority = priority, .tz_module = 0, .reserved = 0};
    osThreadId_t thread = osThreadNew(function, argument, &attributes);

    CHECK(thread != NULL);
    return thread;
}

static inline void until_blocked(osThreadId_t thread)
{
    while (osThreadGetState(thread) != osThreadBlocked)
        osDelay(1);
}

#endif
