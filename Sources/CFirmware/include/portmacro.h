// What FreeRTOS leaves to the port: types, critical sections, yielding. The port is a Linux process.
#ifndef PORTMACRO_H
#define PORTMACRO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
// 32 bits, whatever `configTICK_TYPE_WIDTH_IN_BITS` says: what wraps there wraps here.
typedef uint32_t TickType_t;
typedef uint32_t StackType_t;

#define portCHAR char
#define portFLOAT float
#define portDOUBLE double
#define portLONG long
#define portSHORT short
#define portSTACK_TYPE uint32_t
#define portBASE_TYPE long
#define portPOINTER_SIZE_TYPE uintptr_t

#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define portTICK_TYPE_IS_ATOMIC 1
#define portTICK_PERIOD_MS ((TickType_t)(1000 / configTICK_RATE_HZ))
#define portTICK_RATE_MS portTICK_PERIOD_MS
#define portTICK_TYPE_ENTER_CRITICAL()
#define portTICK_TYPE_EXIT_CRITICAL()

#define portSTACK_GROWTH (-1)
#define portBYTE_ALIGNMENT 16
#define portBYTE_ALIGNMENT_MASK 0x000f
#define portARCH_NAME "Linux"

void vPortYield(void);
void vPortYieldFromISR(BaseType_t xSwitchRequired);
#define portYIELD() vPortYield()
#define portYIELD_WITHIN_API() vPortYield()
#define portEND_SWITCHING_ISR(...) vPortYieldFromISR(__VA_ARGS__ + 0)
#define portYIELD_FROM_ISR(...) vPortYieldFromISR(__VA_ARGS__ + 0)

// A critical section keeps interrupts (completion threads, and threads that make calls as interrupts) and other
// critical sections out; on a single core all other tasks.
void vPortEnterCritical(void);
void vPortExitCritical(void);
void vPortDisableInterrupts(void);
void vPortEnableInterrupts(void);
UBaseType_t ulPortSetInterruptMask(void);
void vPortClearInterruptMask(UBaseType_t uxSavedMask);
#define portENTER_CRITICAL() vPortEnterCritical()
#define portEXIT_CRITICAL() vPortExitCritical()
#define portDISABLE_INTERRUPTS() vPortDisableInterrupts()
#define portENABLE_INTERRUPTS() vPortEnableInterrupts()
#define portSET_INTERRUPT_MASK_FROM_ISR() ulPortSetInterruptMask()
#define portCLEAR_INTERRUPT_MASK_FROM_ISR(x) vPortClearInterruptMask(x)
#define portENTER_CRITICAL_FROM_ISR() ulPortSetInterruptMask()
#define portEXIT_CRITICAL_FROM_ISR(x) vPortClearInterruptMask(x)
#define portASSERT_IF_INTERRUPT_PRIORITY_INVALID()

// True on a thread that plays an interrupt.
BaseType_t xPortIsInsideInterrupt(void);

#define portTASK_FUNCTION_PROTO(vFunction, pvParameters) void vFunction(void *pvParameters)
#define portTASK_FUNCTION(vFunction, pvParameters) void vFunction(void *pvParameters)
#define portTASK_USES_FLOATING_POINT()
#define portALLOCATE_SECURE_CONTEXT(ulSecureStackSize)
#define portNOP() __asm__ volatile("" ::: "memory")
#define portMEMORY_BARRIER() __asm__ volatile("" ::: "memory")
#define portSOFTWARE_BARRIER() __asm__ volatile("" ::: "memory")
#define portINLINE __inline
#define portFORCE_INLINE inline __attribute__((always_inline))
#define portDONT_DISCARD __attribute__((used))
#define portCONFIGURE_TIMER_FOR_RUN_TIME_STATS()
#define portSUPPRESS_TICKS_AND_SLEEP(xExpectedIdleTime) ((void)(xExpectedIdleTime))

#ifdef __cplusplus
}
#endif

#endif
