/* Time. Lower bounds alone: a busy machine may be late. */
#include "expect.h"

static struct helper helper;
static OS_TCB unused;
static volatile int done;

static void sleeps(void *arg)
{
    OS_ERR err;

    (void)arg;
    OSTimeDly(1000000u, OS_OPT_TIME_DLY, &err);
    EXPECT(err == OS_ERR_NONE);
    done = 1;
}

static OS_TICK now(void)
{
    OS_ERR err;

    return OSTimeGet(&err);
}

static void checks(void *arg)
{
    OS_TICK start;

    (void)arg;
    OSIntEnter();
    ANSWERS(OS_ERR_TIME_DLY_ISR, OSTimeDly(1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_TIME_DLY_ISR, OSTimeDlyHMSM(0u, 0u, 0u, 1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_TIME_DLY_RESUME_ISR, OSTimeDlyResume(&unused, &err));
    OSIntExit();
    ANSWERS(OS_ERR_TIME_ZERO_DLY, OSTimeDly(0u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_TIME_ZERO_DLY, OSTimeDly(0u, OS_OPT_TIME_PERIODIC, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSTimeDly(1u, 1u, &err));
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSTimeDly(1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSTimeDlyHMSM(0u, 0u, 0u, 1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));

    start = now();
    ANSWERS(OS_ERR_NONE, OSTimeDly(5u, OS_OPT_TIME_DLY, &err));
    EXPECT(now() - start >= 5u);
    ANSWERS(OS_ERR_NONE, OSTimeDly(start + 500u, OS_OPT_TIME_MATCH, &err));
    EXPECT(now() - start >= 500u);
    ANSWERS(OS_ERR_TIME_ZERO_DLY, OSTimeDly(start, OS_OPT_TIME_MATCH, &err));
    for (int i = 0; i < 5; i++)
        ANSWERS(OS_ERR_NONE, OSTimeDly(10u, OS_OPT_TIME_PERIODIC, &err));
    EXPECT(now() - start >= 540u);

    ANSWERS(OS_ERR_TIME_ZERO_DLY, OSTimeDlyHMSM(0u, 0u, 0u, 0u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSTimeDlyHMSM(0u, 0u, 0u, 1u, 1u, &err));
    ANSWERS(OS_ERR_TIME_INVALID_MILLISECONDS, OSTimeDlyHMSM(100u, 60u, 60u, 1000u, OS_OPT_TIME_HMSM_STRICT, &err));
    ANSWERS(OS_ERR_TIME_INVALID_SECONDS, OSTimeDlyHMSM(100u, 60u, 60u, 999u, OS_OPT_TIME_HMSM_STRICT, &err));
    ANSWERS(OS_ERR_TIME_INVALID_MINUTES, OSTimeDlyHMSM(100u, 60u, 59u, 999u, OS_OPT_TIME_HMSM_STRICT, &err));
    ANSWERS(OS_ERR_TIME_INVALID_HOURS, OSTimeDlyHMSM(100u, 59u, 59u, 999u, OS_OPT_TIME_HMSM_STRICT, &err));
    ANSWERS(OS_ERR_TIME_INVALID_MINUTES, OSTimeDlyHMSM(1000u, 10000u, 0u, 0u, OS_OPT_TIME_HMSM_NON_STRICT, &err));
    ANSWERS(OS_ERR_TIME_INVALID_HOURS, OSTimeDlyHMSM(1000u, 0u, 0u, 0u, OS_OPT_TIME_HMSM_NON_STRICT, &err));
    start = now();
    ANSWERS(OS_ERR_NONE, OSTimeDlyHMSM(0u, 0u, 1u, 20u, OS_OPT_TIME_HMSM_STRICT, &err));
    EXPECT(now() - start >= 1020u);
    start = now();
    ANSWERS(OS_ERR_NONE, OSTimeDlyHMSM(0u, 0u, 0u, 1100u, OS_OPT_TIME_HMSM_NON_STRICT, &err));
    EXPECT(now() - start >= 1100u);

    ANSWERS(OS_ERR_NONE, OSTimeSet(0xFFFFFFF0u, &err));
    EXPECT(now() >= 0xFFFFFFF0u || now() < 1000u);
    start = now();
    ANSWERS(OS_ERR_NONE, OSTimeDly(start + 40u, OS_OPT_TIME_MATCH, &err));
    EXPECT(now() - start >= 40u && OSTickCtr < 0xFFFFFFF0u);
    OSTimeTick();

    helper_start(&helper, sleeps, NULL, 8u);
    until_state(&helper, OS_TASK_STATE_DLY);
    ANSWERS(OS_ERR_TASK_NOT_EXIST, OSTimeDlyResume(NULL, &err));
    ANSWERS(OS_ERR_TASK_NOT_EXIST, OSTimeDlyResume(&unused, &err));
    ANSWERS(OS_ERR_TASK_NOT_DLY, OSTimeDlyResume(&main_tcb, &err));
    ANSWERS(OS_ERR_NONE, OSTaskSuspend(&helper.tcb, &err));
    EXPECT(helper.tcb.TaskState == OS_TASK_STATE_DLY_SUSPENDED && done == 0);
    ANSWERS(OS_ERR_TASK_SUSPENDED, OSTimeDlyResume(&helper.tcb, &err));
    EXPECT(helper.tcb.TaskState == OS_TASK_STATE_SUSPENDED && done == 0);
    ANSWERS(OS_ERR_TASK_NOT_DLY, OSTimeDlyResume(&helper.tcb, &err));
    ANSWERS(OS_ERR_NONE, OSTaskResume(&helper.tcb, &err));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(done == 1);
    done = 0;
    helper_start(&helper, sleeps, NULL, 8u);
    until_state(&helper, OS_TASK_STATE_DLY);
    ANSWERS(OS_ERR_NONE, OSTimeDlyResume(&helper.tcb, &err));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(done == 1);
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTimeDly(1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTimeDlyHMSM(0u, 0u, 0u, 1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTimeDlyResume(&unused, &err));
    return run(checks);
}
