// µC/OS-III's integer types, with the widths that its template gives them.
#ifndef OS_TYPE_H
#define OS_TYPE_H

#include "cpu.h"

typedef CPU_INT16U OS_CPU_USAGE;
typedef CPU_INT32U OS_CTR;
typedef CPU_INT32U OS_CTX_SW_CTR;
typedef CPU_INT32U OS_CYCLES;
typedef CPU_INT32U OS_FLAGS;
typedef CPU_INT32U OS_IDLE_CTR;
typedef CPU_INT16U OS_MEM_QTY;
typedef CPU_INT16U OS_MEM_SIZE;
typedef CPU_INT16U OS_MSG_QTY;
typedef CPU_INT16U OS_MSG_SIZE;
typedef CPU_INT08U OS_NESTING_CTR;
typedef CPU_INT16U OS_OBJ_QTY;
typedef CPU_INT32U OS_OBJ_TYPE;
typedef CPU_INT16U OS_OPT;
typedef CPU_INT08U OS_PRIO;
typedef CPU_INT16U OS_QTY;
typedef CPU_INT32U OS_RATE_HZ;
typedef CPU_INT32U OS_REG;
typedef CPU_INT08U OS_REG_ID;
typedef CPU_INT32U OS_SEM_CTR;
typedef CPU_INT08U OS_STATE;
typedef CPU_INT08U OS_STATUS;
typedef CPU_INT32U OS_TICK;
typedef CPU_INT32U OS_TIMER_TICK;

#endif
