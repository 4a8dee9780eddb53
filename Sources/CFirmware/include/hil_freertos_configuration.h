// Tells the library what firmware's `FreeRTOSConfig.h` says, from each source file that includes `FreeRTOS.h`, before
// `main`. The same is told each time.
#ifndef HILBRIDGE_FREERTOS_CONFIGURATION_H
#define HILBRIDGE_FREERTOS_CONFIGURATION_H

#include "portmacro.h"

#ifdef __cplusplus
extern "C" {
#endif

// Hooks are NULL where the configuration does not ask for them.
struct hil_freertos_configuration {
    uint32_t tick_rate;
    uint32_t max_priorities;
    uint32_t timer_task_priority;
    uint32_t timer_queue_length;
    uint32_t longest_task_name;
    // Not 0 for yes; both count on a single core only.
    uint32_t preempts;
    uint32_t slices_time;
    // 0 if there is no limit.
    uint64_t heap_size;
    void (*assertion_failed)(void);
    void (*idle_hook)(void);
    void (*tick_hook)(void);
    void (*malloc_failed_hook)(void);
    void (*daemon_startup_hook)(void);
};

void hilFreeRTOSConfigure(const struct hil_freertos_configuration *configuration);

#ifndef HIL_FIRMWARE_LIBRARY

#if configUSE_IDLE_HOOK
void vApplicationIdleHook(void);
#endif
#if configUSE_TICK_HOOK
void vApplicationTickHook(void);
#endif
#if configUSE_MALLOC_FAILED_HOOK
void vApplicationMallocFailedHook(void);
#endif
#if configUSE_DAEMON_TASK_STARTUP_HOOK
void vApplicationDaemonTaskStartupHook(void);
#endif

#if configASSERT_DEFINED
static void hil_freertos_assertion_failed(void)
{
    configASSERT(0 != 0);
}
#endif

static void __attribute__((constructor)) hil_freertos_configure_from_this_file(void)
{
    struct hil_freertos_configuration configuration;

    configuration.tick_rate = (uint32_t)(configTICK_RATE_HZ);
    configuration.max_priorities = (uint32_t)(configMAX_PRIORITIES);
    configuration.timer_task_priority = (uint32_t)(configTIMER_TASK_PRIORITY);
    configuration.timer_queue_length = (uint32_t)(configTIMER_QUEUE_LENGTH);
    configuration.longest_task_name = (uint32_t)(configMAX_TASK_NAME_LEN);
    configuration.preempts = configUSE_PREEMPTION ? 1u : 0u;
    configuration.slices_time = configUSE_TIME_SLICING ? 1u : 0u;
#ifdef configTOTAL_HEAP_SIZE
    configuration.heap_size = (uint64_t)(configTOTAL_HEAP_SIZE);
#else
    configuration.heap_size = 0;
#endif
#if configASSERT_DEFINED
    configuration.assertion_failed = hil_freertos_assertion_failed;
#else
    configuration.assertion_failed = 0;
#endif
#if configUSE_IDLE_HOOK
    configuration.idle_hook = vApplicationIdleHook;
#else
    configuration.idle_hook = 0;
#endif
#if configUSE_TICK_HOOK
    configuration.tick_hook = vApplicationTickHook;
#else
    configuration.tick_hook = 0;
#endif
#if configUSE_MALLOC_FAILED_HOOK
    configuration.malloc_failed_hook = vApplicationMallocFailedHook;
#else
    configuration.malloc_failed_hook = 0;
#endif
#if configUSE_DAEMON_TASK_STARTUP_HOOK
    configuration.daemon_startup_hook = vApplicationDaemonTaskStartupHook;
#else
    configuration.daemon_startup_hook = 0;
#endif
    hilFreeRTOSConfigure(&configuration);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
