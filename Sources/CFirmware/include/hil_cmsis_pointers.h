// Firmware for 32 bits puts pointers through message queues with a message size of 4, and passes NULL for the priority.
// Both work here: blocks of pools lie below 4 GiB, so that the lower half of a pointer is the whole of it.
#ifndef HILBRIDGE_CMSIS_POINTERS_H
#define HILBRIDGE_CMSIS_POINTERS_H

// As `osMessageQueueGet` for a pointer: what the message is too short for is zeroed.
osStatus_t hil_message_queue_get_pointer(osMessageQueueId_t mq_id, void *msg_ptr, uint8_t *msg_prio, uint32_t timeout);

#ifndef HIL_FIRMWARE_LIBRARY

#define osMessageQueuePut(mq_id, msg_ptr, msg_prio, timeout) \
    (osMessageQueuePut)(mq_id, msg_ptr, (uint8_t)(uintptr_t)(msg_prio), timeout)

#ifdef __cplusplus
extern "C++" {
template <typename Message>
inline osStatus_t osMessageQueueGet(osMessageQueueId_t mq_id, Message **msg_ptr, uint8_t *msg_prio, uint32_t timeout)
{
    return hil_message_queue_get_pointer(mq_id, msg_ptr, msg_prio, timeout);
}
}
#else
// 5 is the compilers' class of pointers. What `void *` points to cannot be looked at.
#define HIL_IS_POINTER_TO_POINTER(p) \
    (__builtin_classify_type(*__extension__ _Generic((p), void *: (int *)0, const void *: (int *)0, default: (p))) == 5)
#define osMessageQueueGet(mq_id, msg_ptr, msg_prio, timeout) \
    (HIL_IS_POINTER_TO_POINTER(msg_ptr) ? hil_message_queue_get_pointer : (osMessageQueueGet))( \
        mq_id, msg_ptr, msg_prio, timeout)
#endif

#endif

#endif
