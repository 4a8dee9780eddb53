/* A firmware's own configuration. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configTICK_RATE_HZ ((TickType_t)100)
#define configMAX_PRIORITIES (7)
#define configMAX_TASK_NAME_LEN (6)
#define configTOTAL_HEAP_SIZE ((size_t)(4 * 1024))
#define configUSE_IDLE_HOOK 1
#define configUSE_TICK_HOOK 1
#define configUSE_MALLOC_FAILED_HOOK 1
#define configUSE_DAEMON_TASK_STARTUP_HOOK 1
#define configTIMER_QUEUE_LENGTH 2
#define configTIMER_TASK_PRIORITY (5)

#define configMESSAGE_BUFFER_LENGTH_TYPE uint16_t

void vAssertCalled(const char *pcFile, int iLine);
#define configASSERT(x) if ((x) == 0) vAssertCalled(__FILE__, __LINE__)

/* The writer is on another core: it interrupts the reader's. */
void vTellOtherCore(void *pvBuffer);
#define sbSEND_COMPLETE(pxStreamBuffer) vTellOtherCore(pxStreamBuffer)

#endif
