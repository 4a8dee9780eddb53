// C++ firmware with a queue of pointers of 4 bytes each.
#include <cstdio>
#include <cstdlib>

#include "cmsis_os2.h"

struct Message {
    int value;
};

static osMemoryPoolId_t pool;
static osMessageQueueId_t queue;

static void consumer(void *)
{
    Message *message;

    osMessageQueueGet(queue, &message, NULL, osWaitForever);
    std::printf("%d\n", message->value);
    std::fflush(stdout);
    std::_Exit(osMemoryPoolFree(pool, message) == osOK ? 0 : 1);
}

static void producer(void *)
{
    Message *message = static_cast<Message *>(osMemoryPoolAlloc(pool, osWaitForever));

    message->value = 42;
    osMessageQueuePut(queue, &message, NULL, osWaitForever);
}

int main()
{
    osKernelInitialize();
    pool = osMemoryPoolNew(4, sizeof(Message), nullptr);
    queue = osMessageQueueNew(4, 4, nullptr);
    osThreadNew(consumer, nullptr, nullptr);
    osThreadNew(producer, nullptr, nullptr);
    osKernelStart();
    return 1;
}
