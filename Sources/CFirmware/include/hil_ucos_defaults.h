// What firmware's own `os_cfg.h` and `os_cfg_app.h` leave open.
#ifndef HILBRIDGE_UCOS_DEFAULTS_H
#define HILBRIDGE_UCOS_DEFAULTS_H

#include "os_type.h"

// At most 256.
#ifndef OS_CFG_PRIO_MAX
#define OS_CFG_PRIO_MAX 64u
#endif
#ifndef OS_CFG_TICK_RATE_HZ
#define OS_CFG_TICK_RATE_HZ 1000u
#endif
// Delays and periods of timers are in 1/10 s unless firmware says otherwise, as in the original's template.
#ifndef OS_CFG_TMR_TASK_RATE_HZ
#define OS_CFG_TMR_TASK_RATE_HZ 10u
#endif
#ifndef OS_CFG_TMR_TASK_PRIO
#define OS_CFG_TMR_TASK_PRIO (OS_CFG_PRIO_MAX - 3u)
#endif
#ifndef OS_CFG_MSG_POOL_SIZE
#define OS_CFG_MSG_POOL_SIZE 100u
#endif
#ifndef OS_CFG_STK_SIZE_MIN
#define OS_CFG_STK_SIZE_MIN 64u
#endif
// At most OS_CFG_TASK_REG_TBL_SIZE_MAX.
#ifndef OS_CFG_TASK_REG_TBL_SIZE
#define OS_CFG_TASK_REG_TBL_SIZE 1u
#endif

// Everything is there, whatever firmware asks for.
#ifndef OS_CFG_ARG_CHK_EN
#define OS_CFG_ARG_CHK_EN 1u
#endif
#ifndef OS_CFG_CALLED_FROM_ISR_CHK_EN
#define OS_CFG_CALLED_FROM_ISR_CHK_EN 1u
#endif
#ifndef OS_CFG_OBJ_TYPE_CHK_EN
#define OS_CFG_OBJ_TYPE_CHK_EN 1u
#endif
#ifndef OS_CFG_OBJ_CREATED_CHK_EN
#define OS_CFG_OBJ_CREATED_CHK_EN 1u
#endif
#ifndef OS_CFG_INVALID_OS_CALLS_CHK_EN
#define OS_CFG_INVALID_OS_CALLS_CHK_EN 1u
#endif
#ifndef OS_CFG_DBG_EN
#define OS_CFG_DBG_EN 1u
#endif
#ifndef OS_CFG_TS_EN
#define OS_CFG_TS_EN 1u
#endif
#ifndef OS_CFG_TICK_EN
#define OS_CFG_TICK_EN 1u
#endif
#ifndef OS_CFG_FLAG_EN
#define OS_CFG_FLAG_EN 1u
#endif
#ifndef OS_CFG_MEM_EN
#define OS_CFG_MEM_EN 1u
#endif
#ifndef OS_CFG_MUTEX_EN
#define OS_CFG_MUTEX_EN 1u
#endif
#ifndef OS_CFG_Q_EN
#define OS_CFG_Q_EN 1u
#endif
#ifndef OS_CFG_SEM_EN
#define OS_CFG_SEM_EN 1u
#endif
#ifndef OS_CFG_TASK_Q_EN
#define OS_CFG_TASK_Q_EN 1u
#endif
#ifndef OS_CFG_TMR_EN
#define OS_CFG_TMR_EN 1u
#endif
#ifndef OS_CFG_SCHED_ROUND_ROBIN_EN
#define OS_CFG_SCHED_ROUND_ROBIN_EN 1u
#endif

#endif
