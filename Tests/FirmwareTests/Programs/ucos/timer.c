/* Timers, in tenths of a second. */
#include "expect.h"

static OS_TMR tmr, other;
static OS_SEM fired;
static int calls;
static void *last_arg;

static void callback(void *p_tmr, void *p_arg)
{
    OS_ERR err;

    EXPECT(p_tmr == &tmr);
    last_arg = p_arg;
    calls++;
    OSSemPost(&fired, OS_OPT_POST_1, &err);
}

static int x, y;

static void checks(void *arg)
{
    OS_TICK start;
    OS_ERR e;

    (void)arg;
    ANSWERS(OS_ERR_NONE, OSSemCreate(&fired, NULL, 0u, &err));
    OSIntEnter();
    ANSWERS(OS_ERR_TMR_ISR, OSTmrCreate(NULL, NULL, 0u, 0u, 0u, NULL, NULL, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSTmrCreate(NULL, NULL, 0u, 0u, 0u, NULL, NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID_PERIOD, OSTmrCreate(&tmr, NULL, 1u, 0u, OS_OPT_TMR_PERIODIC, NULL, NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID_DLY, OSTmrCreate(&tmr, NULL, 0u, 1u, OS_OPT_TMR_ONE_SHOT, NULL, NULL, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSTmrCreate(&tmr, NULL, 1u, 1u, OS_OPT_TMR_CALLBACK, NULL, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSTmrCreate(&tmr, (CPU_CHAR *)"tmr", 2u, 0u, OS_OPT_TMR_ONE_SHOT, callback, &x, &err));
    ANSWERS(OS_ERR_OBJ_CREATED, OSTmrCreate(&tmr, NULL, 2u, 0u, OS_OPT_TMR_ONE_SHOT, callback, &x, &err));
    EXPECT(tmr.Type == OS_OBJ_TYPE_TMR && tmr.State == OS_TMR_STATE_STOPPED && tmr.Dly == 2u);

    OSIntEnter();
    ANSWERS(OS_ERR_TMR_ISR, OSTmrStart(&tmr, &err));
    ANSWERS(OS_ERR_TMR_ISR, OSTmrStop(&tmr, OS_OPT_TMR_NONE, NULL, &err));
    ANSWERS(OS_ERR_TMR_ISR, OSTmrStateGet(&tmr, &err));
    ANSWERS(OS_ERR_TMR_ISR, OSTmrRemainGet(&tmr, &err));
    ANSWERS(OS_ERR_TMR_ISR, OSTmrSet(&tmr, 1u, 1u, NULL, NULL, &err));
    ANSWERS(OS_ERR_TMR_ISR, OSTmrDel(&tmr, &err));
    OSIntExit();
    ANSWERS(OS_ERR_TMR_INVALID, OSTmrStart(NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID, OSTmrStop(NULL, OS_OPT_TMR_NONE, NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID, OSTmrStateGet(NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID, OSTmrRemainGet(NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID, OSTmrSet(NULL, 1u, 1u, NULL, NULL, &err));
    ANSWERS(OS_ERR_TMR_INVALID, OSTmrDel(NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrStart(&other, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrStop(&other, OS_OPT_TMR_NONE, NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrStateGet(&other, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrRemainGet(&other, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrSet(&other, 1u, 1u, NULL, NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrDel(&other, &err));

    ANSWERS(OS_ERR_TMR_STOPPED, EXPECT(OSTmrStop(&tmr, OS_OPT_TMR_NONE, NULL, &err) == DEF_TRUE));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrRemainGet(&tmr, &err) == 2u));
    start = OSTimeGet(&e);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrStart(&tmr, &err) == DEF_TRUE));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrStateGet(&tmr, &err) == OS_TMR_STATE_RUNNING));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrRemainGet(&tmr, &err) <= 2u));
    ANSWERS(OS_ERR_NONE, OSSemPend(&fired, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    EXPECT(OSTimeGet(&e) - start >= 200u);
    EXPECT(calls == 1 && last_arg == &x);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrStateGet(&tmr, &err) == OS_TMR_STATE_COMPLETED));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrRemainGet(&tmr, &err) == 0u));
    /* Once is once. */
    ANSWERS(OS_ERR_TIMEOUT, OSSemPend(&fired, 400u, OS_OPT_PEND_BLOCKING, NULL, &err));

    /* Stopped, with and without telling. */
    ANSWERS(OS_ERR_NONE, OSTmrSet(&tmr, 1000u, 0u, callback, &y, &err));
    ANSWERS(OS_ERR_TMR_INVALID_DLY, OSTmrSet(&tmr, 0u, 0u, callback, &y, &err));
    ANSWERS(OS_ERR_NONE, OSTmrStart(&tmr, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSTmrStop(&tmr, OS_OPT_TMR_ONE_SHOT, NULL, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrStop(&tmr, OS_OPT_TMR_CALLBACK, &x, &err) == DEF_TRUE));
    EXPECT(calls == 2 && last_arg == &y);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrStateGet(&tmr, &err) == OS_TMR_STATE_STOPPED));
    ANSWERS(OS_ERR_NONE, OSTmrStart(&tmr, &err));
    ANSWERS(OS_ERR_NONE, OSTmrStop(&tmr, OS_OPT_TMR_CALLBACK_ARG, &x, &err));
    EXPECT(calls == 3 && last_arg == &x);
    ANSWERS(OS_ERR_NONE, OSTmrSet(&tmr, 1000u, 0u, NULL, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSTmrStart(&tmr, &err));
    ANSWERS(OS_ERR_TMR_NO_CALLBACK, EXPECT(OSTmrStop(&tmr, OS_OPT_TMR_CALLBACK, NULL, &err) == DEF_TRUE));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrDel(&tmr, &err) == DEF_TRUE));
    EXPECT(tmr.Type == OS_OBJ_TYPE_NONE && tmr.State == OS_TMR_STATE_UNUSED);
    ANSWERS(OS_ERR_OBJ_TYPE, OSTmrStart(&tmr, &err));

    /* Again and again: the delay first, then the period. */
    calls = 0;
    ANSWERS(OS_ERR_NONE, OSSemSet(&fired, 0u, &err));
    ANSWERS(OS_ERR_NONE, OSTmrCreate(&tmr, NULL, 3u, 1u, OS_OPT_TMR_PERIODIC, callback, NULL, &err));
    start = OSTimeGet(&e);
    ANSWERS(OS_ERR_NONE, OSTmrStart(&tmr, &err));
    for (int i = 0; i < 4; i++)
        ANSWERS(OS_ERR_NONE, OSSemPend(&fired, 0u, OS_OPT_PEND_BLOCKING, NULL, &err));
    EXPECT(OSTimeGet(&e) - start >= 600u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrStateGet(&tmr, &err) == OS_TMR_STATE_RUNNING));
    ANSWERS(OS_ERR_NONE, OSTmrStop(&tmr, OS_OPT_TMR_NONE, NULL, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTmrDel(&tmr, &err) == DEF_TRUE));
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTmrStart(&tmr, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTmrStop(&tmr, OS_OPT_TMR_NONE, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTmrDel(&tmr, &err));
    return run(checks);
}
