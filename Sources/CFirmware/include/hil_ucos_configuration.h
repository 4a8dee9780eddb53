// Tells the library what firmware's `os_cfg.h` and `os_cfg_app.h` say, from each source file that includes `os.h`,
// before `main`. The same is told each time.
#ifndef HILBRIDGE_UCOS_CONFIGURATION_H
#define HILBRIDGE_UCOS_CONFIGURATION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hil_ucos_configuration {
    uint32_t tick_rate;
    uint32_t timer_rate;
    uint32_t timer_priority;
    // Priorities are 0 to one less, and the last is the idle task's.
    uint32_t priorities;
    uint32_t message_pool_size;
    uint32_t smallest_stack;
    uint32_t registers;
};

void hil_ucos_configure(const struct hil_ucos_configuration *configuration);

#ifndef HIL_FIRMWARE_LIBRARY
static void __attribute__((constructor)) hil_ucos_configure_from_this_file(void)
{
    struct hil_ucos_configuration configuration;

    configuration.tick_rate = (uint32_t)(OS_CFG_TICK_RATE_HZ);
    configuration.timer_rate = (uint32_t)(OS_CFG_TMR_TASK_RATE_HZ);
    configuration.timer_priority = (uint32_t)(OS_CFG_TMR_TASK_PRIO);
    configuration.priorities = (uint32_t)(OS_CFG_PRIO_MAX);
    configuration.message_pool_size = (uint32_t)(OS_CFG_MSG_POOL_SIZE);
    configuration.smallest_stack = (uint32_t)(OS_CFG_STK_SIZE_MIN);
    configuration.registers = (uint32_t)(OS_CFG_TASK_REG_TBL_SIZE);
    hil_ucos_configure(&configuration);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
