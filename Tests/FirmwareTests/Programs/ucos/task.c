/* Tasks: their life, and the scheduler's lock. */
#include "expect.h"

static struct helper helper, second;
static OS_TCB unused;
static volatile int steps;
static int ext;

static void returns(void *arg)
{
    EXPECT(OSTCBCurPtr == &helper.tcb && arg == &ext);
    steps++;
}

static void steps_on(void *arg)
{
    OS_ERR err;

    (void)arg;
    for (;;) {
        steps++;
        OSTaskSuspend(NULL, &err);
        EXPECT(err == OS_ERR_NONE);
    }
}

static void waits(void *arg)
{
    OS_ERR err;

    (void)arg;
    OSTaskSemPend(0u, OS_OPT_PEND_BLOCKING, NULL, &err);
    EXPECT(err == OS_ERR_NONE);
    steps++;
}

static void create(void)
{
    CPU_STK *stack = helper.stack;
    CPU_STK_SIZE free, used;

    OSIntEnter();
    ANSWERS(
        OS_ERR_TASK_CREATE_ISR,
        OSTaskCreate(NULL, NULL, NULL, NULL, 99u, NULL, 0u, 0u, 0u, 0u, NULL, 0u, &err));
    OSIntExit();
    ANSWERS(
        OS_ERR_TCB_INVALID, OSTaskCreate(NULL, NULL, returns, NULL, 5u, stack, 0u, 128u, 0u, 0u, NULL, 0u, &err));
    ANSWERS(
        OS_ERR_TASK_INVALID, OSTaskCreate(&unused, NULL, NULL, NULL, 5u, stack, 0u, 128u, 0u, 0u, NULL, 0u, &err));
    ANSWERS(
        OS_ERR_STK_INVALID, OSTaskCreate(&unused, NULL, returns, NULL, 5u, NULL, 0u, 128u, 0u, 0u, NULL, 0u, &err));
    ANSWERS(
        OS_ERR_STK_SIZE_INVALID,
        OSTaskCreate(&unused, NULL, returns, NULL, 5u, stack, 0u, OS_CFG_STK_SIZE_MIN - 1u, 0u, 0u, NULL, 0u, &err));
    ANSWERS(
        OS_ERR_STK_LIMIT_INVALID,
        OSTaskCreate(&unused, NULL, returns, NULL, 5u, stack, 128u, 128u, 0u, 0u, NULL, 0u, &err));
    ANSWERS(
        OS_ERR_PRIO_INVALID,
        OSTaskCreate(&unused, NULL, returns, NULL, OS_CFG_PRIO_MAX, stack, 0u, 128u, 0u, 0u, NULL, 0u, &err));
    /* The lowest is the idle task's. */
    ANSWERS(
        OS_ERR_PRIO_INVALID,
        OSTaskCreate(&unused, NULL, returns, NULL, OS_CFG_PRIO_MAX - 1u, stack, 0u, 128u, 0u, 0u, NULL, 0u, &err));

    EXPECT(OSTaskQty == 1u);
    ANSWERS(
        OS_ERR_NONE, OSTaskCreate(
                         &helper.tcb, (CPU_CHAR *)"returns", returns, &ext, 5u, stack, 10u, 128u, 7u, 3u, &ext,
                         OS_OPT_TASK_STK_CHK, &err));
    EXPECT(strcmp(helper.tcb.NamePtr, "returns") == 0 && helper.tcb.Prio == 5u && helper.tcb.ExtPtr == &ext);
    EXPECT(helper.tcb.MsgQ.NbrEntriesSize == 7u && helper.tcb.TimeQuanta == 3u && helper.tcb.StkSize == 128u);
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(steps == 1 && OSTaskQty == 1u);

    helper_start(&helper, steps_on, NULL, 5u);
    ANSWERS(OS_ERR_NONE, OSTaskStkChk(&helper.tcb, &free, &used, &err));
    EXPECT(free == STACK_SIZE && used == 0u);
    ANSWERS(OS_ERR_TASK_OPT, OSTaskStkChk(NULL, &free, &used, &err));
    ANSWERS(OS_ERR_PTR_INVALID, OSTaskStkChk(NULL, NULL, &used, &err));
    ANSWERS(OS_ERR_TASK_NOT_EXIST, OSTaskStkChk(&unused, &free, &used, &err));
    ANSWERS(OS_ERR_NONE, OSTaskTimeQuantaSet(&helper.tcb, 9u, &err));
    EXPECT(helper.tcb.TimeQuanta == 9u);
}

static void suspend_and_resume(void)
{
    until_state(&helper, OS_TASK_STATE_SUSPENDED);
    EXPECT(steps == 2 && helper.tcb.SuspendCtr == 1u);
    OSIntEnter();
    ANSWERS(OS_ERR_TASK_SUSPEND_ISR, OSTaskSuspend(&helper.tcb, &err));
    ANSWERS(OS_ERR_TASK_RESUME_ISR, OSTaskResume(&helper.tcb, &err));
    OSIntExit();
    ANSWERS(OS_ERR_TASK_SUSPEND_IDLE, OSTaskSuspend(&OSIdleTaskTCB, &err));
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskSuspend(&unused, &err));
    ANSWERS(OS_ERR_TASK_RESUME_SELF, OSTaskResume(NULL, &err));
    ANSWERS(OS_ERR_TASK_RESUME_SELF, OSTaskResume(&main_tcb, &err));
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskResume(&unused, &err));
    /* Suspended twice, resumed twice. */
    ANSWERS(OS_ERR_NONE, OSTaskSuspend(&helper.tcb, &err));
    ANSWERS(OS_ERR_NONE, OSTaskResume(&helper.tcb, &err));
    EXPECT(helper.tcb.TaskState == OS_TASK_STATE_SUSPENDED && steps == 2);
    for (int i = 1; i < 255; i++)
        ANSWERS(OS_ERR_NONE, OSTaskSuspend(&helper.tcb, &err));
    ANSWERS(OS_ERR_TASK_SUSPEND_CTR_OVF, OSTaskSuspend(&helper.tcb, &err));
    for (int i = 0; i < 255; i++)
        ANSWERS(OS_ERR_NONE, OSTaskResume(&helper.tcb, &err));
    while (steps < 3)
        ANSWERS(OS_ERR_NONE, OSTimeDly(1u, OS_OPT_TIME_DLY, &err));
    until_state(&helper, OS_TASK_STATE_SUSPENDED);

    /* A wait goes on while the task is suspended, and what it waited for stays its own. */
    steps = 0;
    helper_start(&second, waits, NULL, 5u);
    until_state(&second, OS_TASK_STATE_PEND);
    ANSWERS(OS_ERR_TASK_NOT_SUSPENDED, OSTaskResume(&second.tcb, &err));
    ANSWERS(OS_ERR_NONE, OSTaskSuspend(&second.tcb, &err));
    EXPECT(second.tcb.TaskState == OS_TASK_STATE_PEND_SUSPENDED);
    ANSWERS(OS_ERR_NONE, OSTaskSemPost(&second.tcb, OS_OPT_POST_NONE, &err));
    EXPECT(second.tcb.TaskState == OS_TASK_STATE_SUSPENDED);
    ANSWERS(OS_ERR_NONE, OSTimeDly(3u, OS_OPT_TIME_DLY, &err));
    EXPECT(steps == 0);
    ANSWERS(OS_ERR_NONE, OSTaskResume(&second.tcb, &err));
    until_state(&second, OS_TASK_STATE_DEL);
    EXPECT(steps == 1);
}

static void priorities(void)
{
    OSIntEnter();
    ANSWERS(OS_ERR_TASK_CHANGE_PRIO_ISR, OSTaskChangePrio(&helper.tcb, 6u, &err));
    OSIntExit();
    ANSWERS(OS_ERR_PRIO_INVALID, OSTaskChangePrio(&helper.tcb, OS_CFG_PRIO_MAX - 1u, &err));
    ANSWERS(OS_ERR_STATE_INVALID, OSTaskChangePrio(&unused, 6u, &err));
    ANSWERS(OS_ERR_NONE, OSTaskChangePrio(&helper.tcb, 6u, &err));
    EXPECT(helper.tcb.Prio == 6u && helper.tcb.BasePrio == 6u);
    ANSWERS(OS_ERR_NONE, OSTaskChangePrio(NULL, 11u, &err));
    EXPECT(OSPrioCur == 11u && main_tcb.Prio == 11u);
    ANSWERS(OS_ERR_NONE, OSTaskChangePrio(NULL, 10u, &err));
}

static void registers(void)
{
    OS_REG_ID id = 9u;

    ANSWERS(OS_ERR_NONE, id = OSTaskRegGetID(&err));
    EXPECT(id == 0u);
    ANSWERS(OS_ERR_NO_MORE_ID_AVAIL, OSTaskRegGetID(&err));
    ANSWERS(OS_ERR_NONE, OSTaskRegSet(NULL, id, 7u, &err));
    ANSWERS(OS_ERR_NONE, OSTaskRegSet(&helper.tcb, id, 8u, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskRegGet(NULL, id, &err) == 7u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSTaskRegGet(&helper.tcb, id, &err) == 8u && helper.tcb.RegTbl[0] == 8u));
    ANSWERS(OS_ERR_REG_ID_INVALID, OSTaskRegGet(NULL, OS_CFG_TASK_REG_TBL_SIZE, &err));
    ANSWERS(OS_ERR_REG_ID_INVALID, OSTaskRegSet(NULL, OS_CFG_TASK_REG_TBL_SIZE, 0u, &err));
}

static void scheduler(void)
{
    OSIntEnter();
    EXPECT(OSIntNestingCtr == 1u);
    OSIntEnter();
    EXPECT(OSIntNestingCtr == 2u);
    OSIntExit();
    ANSWERS(OS_ERR_SCHED_LOCK_ISR, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_UNLOCK_ISR, OSSchedUnlock(&err));
    ANSWERS(OS_ERR_YIELD_ISR, OSSchedRoundRobinYield(&err));
    OSIntExit();
    EXPECT(OSIntNestingCtr == 0u);
    ANSWERS(OS_ERR_SCHED_NOT_LOCKED, OSSchedUnlock(&err));
    for (int i = 0; i < 250; i++)
        ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    EXPECT(OSSchedLockNestingCtr == 250u);
    ANSWERS(OS_ERR_LOCK_NESTING_OVF, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSTaskSuspend(NULL, &err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSTimeDly(1u, OS_OPT_TIME_DLY, &err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSSchedRoundRobinYield(&err));
    for (int i = 0; i < 249; i++)
        ANSWERS(OS_ERR_SCHED_LOCKED, OSSchedUnlock(&err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));
    EXPECT(OSSchedLockNestingCtr == 0u && OSRunning == OS_STATE_OS_RUNNING);
    ANSWERS(OS_ERR_ROUND_ROBIN_DISABLED, OSSchedRoundRobinYield(&err));
    ANSWERS(OS_ERR_NONE, OSSchedRoundRobinCfg(DEF_TRUE, 10u, &err));
    ANSWERS(OS_ERR_ROUND_ROBIN_1, OSSchedRoundRobinYield(&err));
    OSSched();
    ANSWERS(OS_ERR_OS_RUNNING, OSStart(&err));
}

static void del(void)
{
    OSIntEnter();
    ANSWERS(OS_ERR_TASK_DEL_ISR, OSTaskDel(&helper.tcb, &err));
    OSIntExit();
    ANSWERS(OS_ERR_TASK_DEL_IDLE, OSTaskDel(&OSIdleTaskTCB, &err));
    ANSWERS(OS_ERR_TASK_DEL, OSTaskDel(&unused, &err));
    ANSWERS(OS_ERR_NONE, OSTaskDel(&helper.tcb, &err));
    EXPECT(helper.tcb.TaskState == OS_TASK_STATE_DEL && OSTaskQty == 1u);
    ANSWERS(OS_ERR_TASK_DEL, OSTaskDel(&helper.tcb, &err));
    /* Its block is free at once, and the old task does not touch it any more. */
    for (int i = 0; i < 20; i++) {
        helper_start(&helper, waits, NULL, (OS_PRIO)(5u + (unsigned)i % 10u));
        if (i % 2 == 0)
            until_state(&helper, OS_TASK_STATE_PEND);
        ANSWERS(OS_ERR_NONE, OSTaskDel(&helper.tcb, &err));
    }
    steps = 0;
    helper_start(&helper, waits, NULL, 5u);
    ANSWERS(OS_ERR_NONE, OSTaskSemPost(&helper.tcb, OS_OPT_POST_NONE, &err));
    until_state(&helper, OS_TASK_STATE_DEL);
    EXPECT(steps == 1);
}

static void ends_it(void *arg)
{
    OS_ERR err;

    (void)arg;
    for (;;)
        if (main_tcb.TaskState == OS_TASK_STATE_DEL)
            finish();
        else
            OSTimeDly(1u, OS_OPT_TIME_DLY, &err);
}

static void checks(void *arg)
{
    (void)arg;
    create();
    suspend_and_resume();
    priorities();
    registers();
    scheduler();
    del();
    helper_start(&second, ends_it, NULL, 20u);
    ANSWERS(OS_ERR_NONE, OSTaskDel(NULL, &err));
    EXPECT(!"it goes on after its own end");
}

int main(void)
{
    ANSWERS(OS_ERR_OS_NOT_INIT, OSStart(&err));
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NO_APP_TASK, OSStart(&err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSVersion(&err) == OS_VERSION));
    EXPECT(OSRunning == OS_STATE_OS_STOPPED);
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskDel(&unused, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskSuspend(&unused, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskResume(&unused, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSTaskChangePrio(&unused, 1u, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSSchedLock(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSSchedUnlock(&err));
    return run(checks);
}
