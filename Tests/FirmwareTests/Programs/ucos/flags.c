/* Event flag groups. */
#include "expect.h"

static OS_FLAG_GRP group, other;

struct outcome {
    struct helper helper;
    OS_FLAGS flags, ready, asked_again;
    OS_OPT opt;
    OS_ERR err;
};
static struct outcome first, second;

static void pend(void *arg)
{
    struct outcome *outcome = arg;
    OS_ERR err;

    outcome->ready = OSFlagPend(&group, outcome->flags, 0u, outcome->opt, NULL, &outcome->err);
    outcome->asked_again = OSFlagPendGetFlagsRdy(&err);
    EXPECT(err == OS_ERR_NONE);
}

static void begin_pend(struct outcome *outcome, OS_PRIO prio, OS_FLAGS flags, OS_OPT opt)
{
    outcome->flags = flags;
    outcome->opt = opt;
    helper_start(&outcome->helper, pend, outcome, prio);
    until_state(&outcome->helper, OS_TASK_STATE_PEND);
    EXPECT(outcome->helper.tcb.PendOn == OS_TASK_PEND_ON_FLAG && outcome->helper.tcb.FlagsPend == flags);
}

static void ended(struct outcome *outcome, OS_ERR err, OS_FLAGS ready)
{
    until_state(&outcome->helper, OS_TASK_STATE_DEL);
    EXPECT(outcome->err == err && outcome->ready == ready);
    EXPECT(err != OS_ERR_NONE || outcome->asked_again == ready);
}

static void checks(void *arg)
{
    CPU_TS ts;

    (void)arg;
    OSIntEnter();
    ANSWERS(OS_ERR_CREATE_ISR, OSFlagCreate(NULL, NULL, 0u, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSFlagCreate(NULL, NULL, 0u, &err));
    ANSWERS(OS_ERR_NONE, OSFlagCreate(&group, (CPU_CHAR *)"flags", 0x05u, &err));
    ANSWERS(OS_ERR_OBJ_CREATED, OSFlagCreate(&group, NULL, 0u, &err));
    EXPECT(group.Type == OS_OBJ_TYPE_FLAG && group.Flags == 0x05u);

    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ISR, OSFlagPend(&group, 1u, 0u, OS_OPT_PEND_FLAG_SET_ANY, NULL, &err));
    ANSWERS(OS_ERR_PEND_ISR, OSFlagPendGetFlagsRdy(&err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPost(&group, 0x10u, OS_OPT_POST_FLAG_SET, &err) == 0x15u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPost(&group, 0x10u, OS_OPT_POST_FLAG_CLR, &err) == 0x05u));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSFlagPend(NULL, 1u, 0u, OS_OPT_PEND_FLAG_SET_ANY, NULL, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSFlagPend(&group, 1u, 0u, 0u, NULL, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSFlagPend(&group, 1u, 0u, OS_OPT_PEND_FLAG_SET_ANY | 0x0200u, NULL, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSFlagPend(&other, 1u, 0u, OS_OPT_PEND_FLAG_SET_ANY, NULL, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPend(&group, 0x07u, 0u, OS_OPT_PEND_FLAG_SET_ANY, NULL, &err) == 0x05u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPend(&group, 0x05u, 0u, OS_OPT_PEND_FLAG_SET_ALL, NULL, &err) == 0x05u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPend(&group, 0x07u, 0u, OS_OPT_PEND_FLAG_CLR_ANY, NULL, &err) == 0x02u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPend(&group, 0x0Au, 0u, OS_OPT_PEND_FLAG_CLR_ALL, NULL, &err) == 0x0Au));
    EXPECT(group.Flags == 0x05u && main_tcb.FlagsRdy == 0x0Au);
    ANSWERS(
        OS_ERR_NONE,
        EXPECT(OSFlagPend(&group, 0x07u, 0u, OS_OPT_PEND_FLAG_SET_ANY | OS_OPT_PEND_FLAG_CONSUME, NULL, &err) == 0x05u));
    EXPECT(group.Flags == 0u);
    ANSWERS(
        OS_ERR_NONE,
        EXPECT(OSFlagPend(&group, 0x03u, 0u, OS_OPT_PEND_FLAG_CLR_ALL | OS_OPT_PEND_FLAG_CONSUME, NULL, &err) == 0x03u));
    EXPECT(group.Flags == 0x03u);
    ANSWERS(
        OS_ERR_PEND_WOULD_BLOCK,
        OSFlagPend(&group, 0x04u, 0u, OS_OPT_PEND_FLAG_SET_ANY | OS_OPT_PEND_NON_BLOCKING, &ts, &err));
    ANSWERS(OS_ERR_TIMEOUT, EXPECT(OSFlagPend(&group, 0x07u, 2u, OS_OPT_PEND_FLAG_SET_ALL, &ts, &err) == 0u));
    EXPECT(ts == 0u);
    ANSWERS(OS_ERR_NONE, OSSchedLock(&err));
    ANSWERS(OS_ERR_SCHED_LOCKED, OSFlagPend(&group, 0x07u, 2u, OS_OPT_PEND_FLAG_SET_ALL, NULL, &err));
    ANSWERS(OS_ERR_NONE, OSSchedUnlock(&err));

    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSFlagPost(NULL, 1u, OS_OPT_POST_FLAG_SET, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSFlagPost(&group, 1u, 2u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSFlagPost(&other, 1u, OS_OPT_POST_FLAG_SET, &err));
    /* One post may wake several. */
    begin_pend(&first, 8u, 0x30u, OS_OPT_PEND_FLAG_SET_ALL);
    begin_pend(&second, 7u, 0x10u, OS_OPT_PEND_FLAG_SET_ANY | OS_OPT_PEND_FLAG_CONSUME);
    EXPECT(group.PendList.NbrEntries == 2u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPost(&group, 0x20u, OS_OPT_POST_FLAG_SET, &err) == 0x23u));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPost(&group, 0x10u, OS_OPT_POST_FLAG_SET, &err) == 0x23u));
    ended(&first, OS_ERR_NONE, 0x30u);
    ended(&second, OS_ERR_NONE, 0x10u);
    begin_pend(&first, 8u, 0x21u, OS_OPT_PEND_FLAG_CLR_ANY);
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPost(&group, 0x20u, OS_OPT_POST_FLAG_CLR | OS_OPT_POST_NO_SCHED, &err) == 0x03u));
    ended(&first, OS_ERR_NONE, 0x20u);

    OSIntEnter();
    ANSWERS(OS_ERR_PEND_ABORT_ISR, OSFlagPendAbort(&group, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_DEL_ISR, OSFlagDel(&group, OS_OPT_DEL_ALWAYS, &err));
    OSIntExit();
    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSFlagPendAbort(NULL, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSFlagPendAbort(&group, 1u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSFlagPendAbort(&other, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_PEND_ABORT_NONE, OSFlagPendAbort(&group, OS_OPT_PEND_ABORT_ALL, &err));
    begin_pend(&first, 8u, 0x30u, OS_OPT_PEND_FLAG_SET_ALL);
    begin_pend(&second, 7u, 0x30u, OS_OPT_PEND_FLAG_SET_ALL);
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPendAbort(&group, OS_OPT_PEND_ABORT_1, &err) == 1u));
    ended(&second, OS_ERR_PEND_ABORT, 0u);
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagPendAbort(&group, OS_OPT_PEND_ABORT_ALL, &err) == 1u));
    ended(&first, OS_ERR_PEND_ABORT, 0u);

    ANSWERS(OS_ERR_OBJ_PTR_NULL, OSFlagDel(NULL, OS_OPT_DEL_ALWAYS, &err));
    ANSWERS(OS_ERR_OPT_INVALID, OSFlagDel(&group, 2u, &err));
    ANSWERS(OS_ERR_OBJ_TYPE, OSFlagDel(&other, OS_OPT_DEL_ALWAYS, &err));
    begin_pend(&first, 8u, 0x30u, OS_OPT_PEND_FLAG_SET_ALL);
    ANSWERS(OS_ERR_TASK_WAITING, OSFlagDel(&group, OS_OPT_DEL_NO_PEND, &err));
    ANSWERS(OS_ERR_NONE, EXPECT(OSFlagDel(&group, OS_OPT_DEL_ALWAYS, &err) == 1u));
    ended(&first, OS_ERR_OBJ_DEL, 0u);
    finish();
}

int main(void)
{
    ANSWERS(OS_ERR_NONE, OSInit(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSFlagPend(&group, 1u, 0u, OS_OPT_PEND_FLAG_SET_ANY, NULL, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSFlagPendGetFlagsRdy(&err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSFlagPost(&group, 1u, OS_OPT_POST_FLAG_SET, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSFlagPendAbort(&group, OS_OPT_PEND_ABORT_1, &err));
    ANSWERS(OS_ERR_OS_NOT_RUNNING, OSFlagDel(&group, OS_OPT_DEL_ALWAYS, &err));
    return run(checks);
}
