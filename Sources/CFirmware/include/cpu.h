// What µC/OS firmware expects of its processor: types, critical sections, time stamps. The processor is a Linux process.
#ifndef CPU_MODULE_PRESENT
#define CPU_MODULE_PRESENT

#include <stddef.h>
#include <stdint.h>

#include "lib_def.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void CPU_VOID;
typedef char CPU_CHAR;
typedef uint8_t CPU_BOOLEAN;
typedef uint8_t CPU_INT08U;
typedef int8_t CPU_INT08S;
typedef uint16_t CPU_INT16U;
typedef int16_t CPU_INT16S;
typedef uint32_t CPU_INT32U;
typedef int32_t CPU_INT32S;
typedef uint64_t CPU_INT64U;
typedef int64_t CPU_INT64S;
typedef float CPU_FP32;
typedef double CPU_FP64;
typedef void (*CPU_FNCT_VOID)(void);
typedef void (*CPU_FNCT_PTR)(void *p_obj);

typedef uintptr_t CPU_ADDR;
typedef uintptr_t CPU_DATA;
typedef CPU_DATA CPU_ALIGN;
typedef CPU_ADDR CPU_SIZE_T;
typedef CPU_INT32U CPU_STK;
typedef CPU_ADDR CPU_STK_SIZE;
typedef CPU_INT32U CPU_SR;
typedef CPU_INT32U CPU_ERR;

// Time stamps count microseconds, and wrap after 71 minutes.
typedef CPU_INT32U CPU_TS32;
typedef CPU_INT64U CPU_TS64;
typedef CPU_TS32 CPU_TS;
typedef CPU_TS32 CPU_TS_TMR;
typedef CPU_INT32U CPU_TS_TMR_FREQ;

#define CPU_CFG_TS_EN DEF_ENABLED
#define CPU_CFG_TS_32_EN DEF_ENABLED
#define CPU_ERR_NONE 0u
#define CPU_TYPE_CREATE(a, b, c, d) \
    (((CPU_INT32U)(a) << 24) | ((CPU_INT32U)(b) << 16) | ((CPU_INT32U)(c) << 8) | (CPU_INT32U)(d))

void CPU_Init(void);
CPU_TS32 CPU_TS_Get32(void);
CPU_TS64 CPU_TS_Get64(void);
// In Hz.
CPU_TS_TMR_FREQ CPU_TS_TmrFreqGet(CPU_ERR *p_err);

// Keep interrupts and other critical sections out; on a single core all other tasks. They nest.
void hil_ucos_critical_enter(void);
void hil_ucos_critical_exit(void);
#define CPU_SR_ALLOC() \
    CPU_SR cpu_sr = 0u; \
    (void)cpu_sr
#define CPU_CRITICAL_ENTER() hil_ucos_critical_enter()
#define CPU_CRITICAL_EXIT() hil_ucos_critical_exit()
#define CPU_INT_DIS() hil_ucos_critical_enter()
#define CPU_INT_EN() hil_ucos_critical_exit()

#ifdef __cplusplus
}
#endif

#endif
