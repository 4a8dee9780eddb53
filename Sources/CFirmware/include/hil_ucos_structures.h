// µC/OS-III's objects, which firmware itself has memory for.
//
// Firmware may read the fields, by the names they have there; they are up to date whenever a call has returned. Each
// object begins with the library's handle; links that the original has among its objects are left out.
#ifndef HILBRIDGE_UCOS_STRUCTURES_H
#define HILBRIDGE_UCOS_STRUCTURES_H

#include "hil_firmware.h"
#include "os_opt.h"

#define OS_CFG_TASK_REG_TBL_SIZE_MAX 16u

typedef struct os_flag_grp OS_FLAG_GRP;
typedef struct os_mem OS_MEM;
typedef struct os_msg OS_MSG;
typedef struct os_msg_pool OS_MSG_POOL;
typedef struct os_msg_q OS_MSG_Q;
typedef struct os_mutex OS_MUTEX;
typedef struct os_pend_list OS_PEND_LIST;
typedef struct os_q OS_Q;
typedef struct os_sem OS_SEM;
typedef struct os_tcb OS_TCB;
typedef struct os_tmr OS_TMR;

typedef void (*OS_TASK_PTR)(void *p_arg);
typedef void (*OS_TMR_CALLBACK_PTR)(void *p_tmr, void *p_arg);

struct os_pend_list {
    // Whose turn is first, and last.
    OS_TCB *HeadPtr;
    OS_TCB *TailPtr;
    OS_OBJ_QTY NbrEntries;
};

struct os_flag_grp {
    struct hil_handle hil;
    OS_OBJ_TYPE Type;
    CPU_CHAR *NamePtr;
    OS_PEND_LIST PendList;
    OS_FLAGS Flags;
    // Of the last post.
    CPU_TS TS;
};

struct os_mem {
    struct hil_handle hil;
    OS_OBJ_TYPE Type;
    CPU_CHAR *NamePtr;
    void *AddrPtr;
    // The block that is handed out next. The free blocks are not linked with one another.
    void *FreeListPtr;
    OS_MEM_SIZE BlkSize;
    OS_MEM_QTY NbrMax;
    OS_MEM_QTY NbrFree;
};

// The library's nodes are read through this.
struct os_msg {
    OS_MSG *NextPtr;
    void *MsgPtr;
    OS_MSG_SIZE MsgSize;
    CPU_INT16U hil_padding[3];
    CPU_TS MsgTS;
};

struct os_msg_pool {
    OS_MSG *NextPtr;
    OS_MSG_QTY NbrFree;
    OS_MSG_QTY NbrUsed;
    OS_MSG_QTY NbrUsedMax;
};

struct os_msg_q {
    OS_MSG *InPtr;
    OS_MSG *OutPtr;
    OS_MSG_QTY NbrEntriesSize;
    OS_MSG_QTY NbrEntries;
    OS_MSG_QTY NbrEntriesMax;
};

struct os_mutex {
    struct hil_handle hil;
    OS_OBJ_TYPE Type;
    CPU_CHAR *NamePtr;
    OS_PEND_LIST PendList;
    // NULL while it is free.
    OS_TCB *OwnerTCBPtr;
    // 0 while it is free.
    OS_NESTING_CTR OwnerNestingCtr;
    CPU_TS TS;
};

struct os_q {
    struct hil_handle hil;
    OS_OBJ_TYPE Type;
    CPU_CHAR *NamePtr;
    OS_PEND_LIST PendList;
    OS_MSG_Q MsgQ;
};

struct os_sem {
    struct hil_handle hil;
    OS_OBJ_TYPE Type;
    CPU_CHAR *NamePtr;
    OS_PEND_LIST PendList;
    OS_SEM_CTR Ctr;
    CPU_TS TS;
};

struct os_tmr {
    struct hil_handle hil;
    OS_OBJ_TYPE Type;
    CPU_CHAR *NamePtr;
    OS_TMR_CALLBACK_PTR CallbackPtr;
    void *CallbackPtrArg;
    // When it last changed; `OSTmrRemainGet` says what is left now.
    OS_TICK Remain;
    OS_TICK Dly;
    OS_TICK Period;
    OS_OPT Opt;
    OS_STATE State;
};

// The state of a task that was woken, or whose time was over, is up to date at the next call of any task.
struct os_tcb {
    struct hil_handle hil;
    CPU_STK *StkPtr;
    void *ExtPtr;
    CPU_STK *StkLimitPtr;
    CPU_CHAR *NamePtr;
    CPU_STK *StkBasePtr;
    OS_TASK_PTR TaskEntryAddr;
    void *TaskEntryArg;
    void *PendObjPtr;
    OS_STATE PendOn;
    OS_STATUS PendStatus;
    OS_STATE TaskState;
    OS_PRIO Prio;
    OS_PRIO BasePrio;
    CPU_STK_SIZE StkSize;
    OS_OPT Opt;
    CPU_TS TS;
    OS_SEM_CTR SemCtr;
    // Ticks that the present wait may last, 0 for ever.
    OS_TICK TickRemain;
    OS_TICK TickCtrPrev;
    OS_TICK TimeQuanta;
    OS_TICK TimeQuantaCtr;
    void *MsgPtr;
    OS_MSG_SIZE MsgSize;
    OS_MSG_Q MsgQ;
    OS_REG RegTbl[OS_CFG_TASK_REG_TBL_SIZE_MAX];
    OS_FLAGS FlagsPend;
    OS_FLAGS FlagsRdy;
    OS_OPT FlagsOpt;
    OS_NESTING_CTR SuspendCtr;
    CPU_STK_SIZE StkUsed;
    CPU_STK_SIZE StkFree;
};

#endif
