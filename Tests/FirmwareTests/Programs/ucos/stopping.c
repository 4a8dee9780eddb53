/* In parallel, what a task or a callback uses is the caller's own again when the call that stops it has returned. */
#include "expect.h"

static void counts(void *arg)
{
    volatile unsigned long *count = arg;
    OS_ERR err;

    for (;;) {
        (*count)++;
        OSTimeGet(&err);
    }
}

static void called(void *timer, void *arg)
{
    volatile unsigned long *count = arg;

    (void)timer;
    for (int i = 0; i < 100000; i++)
        (*count)++;
}

static void stays_as_it_is(volatile unsigned long *count)
{
    unsigned long before = *count;

    for (int i = 0; i < 20000; i++)
        EXPECT(*count == before);
}

static void checks(void *arg)
{
    static struct helper helper;
    static OS_TMR timer;
    OS_ERR err;

    (void)arg;
    for (int i = 0; i < 30; i++) {
        volatile unsigned long count = 0, calls = 0;

        helper_start(&helper, counts, (void *)&count, 11u);
        while (count < 10)
            OSTimeGet(&err);
        ANSWERS(OS_ERR_NONE, OSTaskSuspend(&helper.tcb, &err));
        stays_as_it_is(&count);
        ANSWERS(OS_ERR_NONE, OSTaskResume(&helper.tcb, &err));
        ANSWERS(OS_ERR_NONE, OSTaskDel(&helper.tcb, &err));
        stays_as_it_is(&count);

        ANSWERS(OS_ERR_NONE, OSTmrCreate(&timer, NULL, 0u, 1u, OS_OPT_TMR_PERIODIC, called, (void *)&calls, &err));
        ANSWERS(OS_ERR_NONE, OSTmrStart(&timer, &err));
        while (calls == 0)
            OSTimeGet(&err);
        if (i % 2 == 0)
            ANSWERS(OS_ERR_NONE, OSTmrStop(&timer, OS_OPT_TMR_NONE, NULL, &err));
        else
            ANSWERS(OS_ERR_NONE, OSTmrDel(&timer, &err));
        stays_as_it_is(&calls);
        if (i % 2 == 0)
            ANSWERS(OS_ERR_NONE, OSTmrDel(&timer, &err));
    }
    finish();
}

int main(void)
{
    OS_ERR err;

    OSInit(&err);
    return run(checks);
}
