// The µC/OS-III interface, as of V3.08, for firmware that runs as a Linux program.
//
// An `os_cfg.h` and an `os_cfg_app.h` that the compiler finds are the firmware's own: tick rate, priorities, the size of
// the message pool and the timers' rate are honoured. Without them there are the values of the original's templates.
// All checks that the original can leave out are made, in this order: interrupt, kernel not running, null pointer or
// option, kind of object.
#ifndef OS_H
#define OS_H

#include "cpu.h"
#include "lib_def.h"
#include "os_type.h"

#ifndef HIL_FIRMWARE_LIBRARY
#if __has_include("os_cfg.h")
#include "os_cfg.h"
#endif
#if __has_include("os_cfg_app.h")
#include "os_cfg_app.h"
#endif
#endif

#include "hil_ucos_defaults.h"
#include "hil_ucos_structures.h"
#include "os_err.h"
#include "os_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OS_VERSION 30802u

// MARK: The kernel

void OSInit(OS_ERR *p_err);
// Returns only in case of an error.
void OSStart(OS_ERR *p_err);
CPU_INT16U OSVersion(OS_ERR *p_err);

// Around what plays an interrupt service routine, on any thread: nothing in between may wait.
void OSIntEnter(void);
void OSIntExit(void);

void OSSched(void);
// On a single core no other task runs; in parallel those wait that call this as well.
void OSSchedLock(OS_ERR *p_err);
void OSSchedUnlock(OS_ERR *p_err);
// Tasks of one priority take turns at every tick of a single core; this decides about `OSSchedRoundRobinYield`.
void OSSchedRoundRobinCfg(CPU_BOOLEAN en, OS_TICK dflt_time_quanta, OS_ERR *p_err);
void OSSchedRoundRobinYield(OS_ERR *p_err);

// The processor is the host's: its use is not measured.
void OSStatTaskCPUUsageInit(OS_ERR *p_err);
void OSStatReset(OS_ERR *p_err);

// The task of the calling thread, or NULL; in parallel every thread has one of its own.
OS_TCB *hil_ucos_current_task(void);
OS_STATE hil_ucos_running(void);
OS_NESTING_CTR hil_ucos_interrupt_nesting(void);
OS_NESTING_CTR hil_ucos_scheduler_lock_nesting(void);
OS_OBJ_QTY hil_ucos_task_count(void);
OS_TICK hil_ucos_tick(void);
#define OSTCBCurPtr (hil_ucos_current_task())
#define OSPrioCur (hil_ucos_current_task()->Prio)
#define OSRunning (hil_ucos_running())
#define OSIntNestingCtr (hil_ucos_interrupt_nesting())
#define OSSchedLockNestingCtr (hil_ucos_scheduler_lock_nesting())
#define OSTaskQty (hil_ucos_task_count())
#define OSTickCtr (hil_ucos_tick())
#define OSCfg_TickRate_Hz ((OS_RATE_HZ)OS_CFG_TICK_RATE_HZ)
#define OSCfg_TmrTaskRate_Hz ((OS_RATE_HZ)OS_CFG_TMR_TASK_RATE_HZ)
#define OSCfg_MsgPoolSize ((OS_MSG_QTY)OS_CFG_MSG_POOL_SIZE)

extern OS_MSG_POOL OSMsgPool;
// There is no such task: a name for those who ask for it.
extern OS_TCB OSIdleTaskTCB;

#define OS_TS_GET() (CPU_TS_Get32())
#define OS_CRITICAL_ENTER() hil_ucos_critical_enter()
#define OS_CRITICAL_EXIT() hil_ucos_critical_exit()
#define OS_CRITICAL_EXIT_NO_SCHED() hil_ucos_critical_exit()

// MARK: Tasks. NULL for a task is the caller's own, unless said otherwise.

// The stack is looked at and not used: a task has a thread's stack, which grows as it is touched.
void OSTaskCreate(
    OS_TCB *p_tcb, CPU_CHAR *p_name, OS_TASK_PTR p_task, void *p_arg, OS_PRIO prio, CPU_STK *p_stk_base,
    CPU_STK_SIZE stk_limit, CPU_STK_SIZE stk_size, OS_MSG_QTY q_size, OS_TICK time_quanta, void *p_ext, OS_OPT opt,
    OS_ERR *p_err);
// A task that runs is stopped at its next call. With tasks in parallel this waits for that, a second at most.
void OSTaskDel(OS_TCB *p_tcb, OS_ERR *p_err);
// Counts: a task goes on when it was resumed as often as it was suspended.
void OSTaskSuspend(OS_TCB *p_tcb, OS_ERR *p_err);
// Not for the caller's own task.
void OSTaskResume(OS_TCB *p_tcb, OS_ERR *p_err);
void OSTaskChangePrio(OS_TCB *p_tcb, OS_PRIO prio_new, OS_ERR *p_err);
void OSTaskTimeQuantaSet(OS_TCB *p_tcb, OS_TICK time_quanta, OS_ERR *p_err);
// What is used is always little: a thread's stack is large.
void OSTaskStkChk(OS_TCB *p_tcb, CPU_STK_SIZE *p_free, CPU_STK_SIZE *p_used, OS_ERR *p_err);
OS_REG_ID OSTaskRegGetID(OS_ERR *p_err);
OS_REG OSTaskRegGet(OS_TCB *p_tcb, OS_REG_ID id, OS_ERR *p_err);
void OSTaskRegSet(OS_TCB *p_tcb, OS_REG_ID id, OS_REG value, OS_ERR *p_err);

void *OSTaskQPend(OS_TICK timeout, OS_OPT opt, OS_MSG_SIZE *p_msg_size, CPU_TS *p_ts, OS_ERR *p_err);
// Not for the caller's own task.
CPU_BOOLEAN OSTaskQPendAbort(OS_TCB *p_tcb, OS_OPT opt, OS_ERR *p_err);
void OSTaskQPost(OS_TCB *p_tcb, void *p_void, OS_MSG_SIZE msg_size, OS_OPT opt, OS_ERR *p_err);
OS_MSG_QTY OSTaskQFlush(OS_TCB *p_tcb, OS_ERR *p_err);

OS_SEM_CTR OSTaskSemPend(OS_TICK timeout, OS_OPT opt, CPU_TS *p_ts, OS_ERR *p_err);
// Not for the caller's own task.
CPU_BOOLEAN OSTaskSemPendAbort(OS_TCB *p_tcb, OS_OPT opt, OS_ERR *p_err);
OS_SEM_CTR OSTaskSemPost(OS_TCB *p_tcb, OS_OPT opt, OS_ERR *p_err);
OS_SEM_CTR OSTaskSemSet(OS_TCB *p_tcb, OS_SEM_CTR cnt, OS_ERR *p_err);

// MARK: Message queues

void OSQCreate(OS_Q *p_q, CPU_CHAR *p_name, OS_MSG_QTY max_qty, OS_ERR *p_err);
OS_OBJ_QTY OSQDel(OS_Q *p_q, OS_OPT opt, OS_ERR *p_err);
OS_MSG_QTY OSQFlush(OS_Q *p_q, OS_ERR *p_err);
void *OSQPend(OS_Q *p_q, OS_TICK timeout, OS_OPT opt, OS_MSG_SIZE *p_msg_size, CPU_TS *p_ts, OS_ERR *p_err);
OS_OBJ_QTY OSQPendAbort(OS_Q *p_q, OS_OPT opt, OS_ERR *p_err);
void OSQPost(OS_Q *p_q, void *p_void, OS_MSG_SIZE msg_size, OS_OPT opt, OS_ERR *p_err);

// MARK: Memory partitions

// Blocks and their memory are aligned to 4 bytes. Nothing is kept in a free block.
void OSMemCreate(
    OS_MEM *p_mem, CPU_CHAR *p_name, void *p_addr, OS_MEM_QTY n_blks, OS_MEM_SIZE blk_size, OS_ERR *p_err);
void *OSMemGet(OS_MEM *p_mem, OS_ERR *p_err);
void OSMemPut(OS_MEM *p_mem, void *p_blk, OS_ERR *p_err);

// MARK: Semaphores

void OSSemCreate(OS_SEM *p_sem, CPU_CHAR *p_name, OS_SEM_CTR cnt, OS_ERR *p_err);
OS_OBJ_QTY OSSemDel(OS_SEM *p_sem, OS_OPT opt, OS_ERR *p_err);
OS_SEM_CTR OSSemPend(OS_SEM *p_sem, OS_TICK timeout, OS_OPT opt, CPU_TS *p_ts, OS_ERR *p_err);
OS_OBJ_QTY OSSemPendAbort(OS_SEM *p_sem, OS_OPT opt, OS_ERR *p_err);
OS_SEM_CTR OSSemPost(OS_SEM *p_sem, OS_OPT opt, OS_ERR *p_err);
void OSSemSet(OS_SEM *p_sem, OS_SEM_CTR cnt, OS_ERR *p_err);

// MARK: Mutexes

void OSMutexCreate(OS_MUTEX *p_mutex, CPU_CHAR *p_name, OS_ERR *p_err);
OS_OBJ_QTY OSMutexDel(OS_MUTEX *p_mutex, OS_OPT opt, OS_ERR *p_err);
void OSMutexPend(OS_MUTEX *p_mutex, OS_TICK timeout, OS_OPT opt, CPU_TS *p_ts, OS_ERR *p_err);
OS_OBJ_QTY OSMutexPendAbort(OS_MUTEX *p_mutex, OS_OPT opt, OS_ERR *p_err);
void OSMutexPost(OS_MUTEX *p_mutex, OS_OPT opt, OS_ERR *p_err);

// MARK: Event flags

void OSFlagCreate(OS_FLAG_GRP *p_grp, CPU_CHAR *p_name, OS_FLAGS flags, OS_ERR *p_err);
OS_OBJ_QTY OSFlagDel(OS_FLAG_GRP *p_grp, OS_OPT opt, OS_ERR *p_err);
OS_FLAGS OSFlagPend(OS_FLAG_GRP *p_grp, OS_FLAGS flags, OS_TICK timeout, OS_OPT opt, CPU_TS *p_ts, OS_ERR *p_err);
OS_OBJ_QTY OSFlagPendAbort(OS_FLAG_GRP *p_grp, OS_OPT opt, OS_ERR *p_err);
OS_FLAGS OSFlagPendGetFlagsRdy(OS_ERR *p_err);
OS_FLAGS OSFlagPost(OS_FLAG_GRP *p_grp, OS_FLAGS flags, OS_OPT opt, OS_ERR *p_err);

// MARK: Timers. Delays and periods are in 1/OS_CFG_TMR_TASK_RATE_HZ s. Callbacks run in the timers' task.

void OSTmrCreate(
    OS_TMR *p_tmr, CPU_CHAR *p_name, OS_TICK dly, OS_TICK period, OS_OPT opt, OS_TMR_CALLBACK_PTR p_callback,
    void *p_callback_arg, OS_ERR *p_err);
CPU_BOOLEAN OSTmrDel(OS_TMR *p_tmr, OS_ERR *p_err);
void OSTmrSet(
    OS_TMR *p_tmr, OS_TICK dly, OS_TICK period, OS_TMR_CALLBACK_PTR p_callback, void *p_callback_arg, OS_ERR *p_err);
OS_TICK OSTmrRemainGet(OS_TMR *p_tmr, OS_ERR *p_err);
CPU_BOOLEAN OSTmrStart(OS_TMR *p_tmr, OS_ERR *p_err);
OS_STATE OSTmrStateGet(OS_TMR *p_tmr, OS_ERR *p_err);
CPU_BOOLEAN OSTmrStop(OS_TMR *p_tmr, OS_OPT opt, void *p_callback_arg, OS_ERR *p_err);

// MARK: Time

void OSTimeDly(OS_TICK dly, OS_OPT opt, OS_ERR *p_err);
void OSTimeDlyHMSM(
    CPU_INT16U hours, CPU_INT16U minutes, CPU_INT16U seconds, CPU_INT32U milli, OS_OPT opt, OS_ERR *p_err);
void OSTimeDlyResume(OS_TCB *p_tcb, OS_ERR *p_err);
OS_TICK OSTimeGet(OS_ERR *p_err);
void OSTimeSet(OS_TICK ticks, OS_ERR *p_err);
// Does nothing: ticks come by themselves.
void OSTimeTick(void);

#ifdef HIL_FIRMWARE_LIBRARY
// State of the calling thread.
struct hil_ucos_thread {
    // How many `OSIntEnter` are open.
    uint32_t interrupt_nesting;
    // A post with OS_OPT_POST_NO_SCHED has put a switch of tasks off.
    uint32_t switch_is_put_off;
};
struct hil_ucos_thread *hil_ucos_this_thread(void);
OS_MSG_POOL *hil_ucos_message_pool(void);
OS_TCB *hil_ucos_idle_task(void);
#endif

#ifdef __cplusplus
}
#endif

#include "hil_ucos_configuration.h"

#endif
