#define HIL_FIRMWARE_LIBRARY 1

#include "os.h"

OS_MSG_POOL OSMsgPool;
OS_TCB OSIdleTaskTCB;

static __thread struct hil_ucos_thread this_thread __attribute__((tls_model("initial-exec")));

struct hil_ucos_thread *hil_ucos_this_thread(void)
{
    return &this_thread;
}

OS_MSG_POOL *hil_ucos_message_pool(void)
{
    return &OSMsgPool;
}

OS_TCB *hil_ucos_idle_task(void)
{
    return &OSIdleTaskTCB;
}
