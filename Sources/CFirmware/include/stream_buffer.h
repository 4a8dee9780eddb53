// FreeRTOS stream buffers: bytes from one writer to one reader.
#ifndef INC_FREERTOS_H
#include "FreeRTOS.h"
#endif
#ifndef STREAM_BUFFER_H
#define STREAM_BUFFER_H

#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct StreamBufferDef_t;
typedef struct StreamBufferDef_t *StreamBufferHandle_t;
typedef void (*StreamBufferCallbackFunction_t)(
    StreamBufferHandle_t xStreamBuffer, BaseType_t xIsInsideISR, BaseType_t *const pxHigherPriorityTaskWoken);

#define sbTYPE_STREAM_BUFFER ((BaseType_t)0)
#define sbTYPE_MESSAGE_BUFFER ((BaseType_t)1)
#define sbTYPE_STREAM_BATCHING_BUFFER ((BaseType_t)2)

// Makes a buffer. The callbacks, where they are not NULL, are called instead of waking whoever waits; they call the
// `Completed` functions when the time has come. NULL for a size that holds nothing, or without memory.
StreamBufferHandle_t xStreamBufferGenericCreate(
    size_t xBufferSizeBytes, size_t xTriggerLevelBytes, BaseType_t xStreamBufferType,
    StreamBufferCallbackFunction_t pxSendCompletedCallback, StreamBufferCallbackFunction_t pxReceiveCompletedCallback);
// The handle is the address of `pxStaticStreamBuffer`, the capacity one byte less than the storage. Bytes are kept in
// the library's memory, not in the storage.
StreamBufferHandle_t xStreamBufferGenericCreateStatic(
    size_t xBufferSizeBytes, size_t xTriggerLevelBytes, BaseType_t xStreamBufferType,
    uint8_t *const pucStreamBufferStorageArea, StaticStreamBuffer_t *const pxStaticStreamBuffer,
    StreamBufferCallbackFunction_t pxSendCompletedCallback, StreamBufferCallbackFunction_t pxReceiveCompletedCallback);
BaseType_t xStreamBufferGetStaticBuffers(
    StreamBufferHandle_t xStreamBuffer, uint8_t **ppucStreamBufferStorageArea,
    StaticStreamBuffer_t **ppxStaticStreamBuffer);
void vStreamBufferDelete(StreamBufferHandle_t xStreamBuffer);

// How many bytes went in: with a wait, all of them or as many as the buffer holds, fewer when the time is over.
size_t xStreamBufferSend(
    StreamBufferHandle_t xStreamBuffer, const void *pvTxData, size_t xDataLengthBytes, TickType_t xTicksToWait);
size_t xStreamBufferSendFromISR(
    StreamBufferHandle_t xStreamBuffer, const void *pvTxData, size_t xDataLengthBytes,
    BaseType_t *const pxHigherPriorityTaskWoken);
// How many bytes came out: what is there; waits only if there is nothing.
size_t xStreamBufferReceive(
    StreamBufferHandle_t xStreamBuffer, void *pvRxData, size_t xBufferLengthBytes, TickType_t xTicksToWait);
size_t xStreamBufferReceiveFromISR(
    StreamBufferHandle_t xStreamBuffer, void *pvRxData, size_t xBufferLengthBytes,
    BaseType_t *const pxHigherPriorityTaskWoken);

// pdFAIL while a task waits.
BaseType_t xStreamBufferReset(StreamBufferHandle_t xStreamBuffer);
BaseType_t xStreamBufferResetFromISR(StreamBufferHandle_t xStreamBuffer);
BaseType_t xStreamBufferSetTriggerLevel(StreamBufferHandle_t xStreamBuffer, size_t xTriggerLevel);
BaseType_t xStreamBufferIsFull(StreamBufferHandle_t xStreamBuffer);
BaseType_t xStreamBufferIsEmpty(StreamBufferHandle_t xStreamBuffer);
size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t xStreamBuffer);
size_t xStreamBufferBytesAvailable(StreamBufferHandle_t xStreamBuffer);
// Of a message buffer; 0 if there is no message, and for a stream.
size_t xStreamBufferNextMessageLengthBytes(StreamBufferHandle_t xStreamBuffer);

// Wake whoever waits for the other side; pdTRUE if a task did.
BaseType_t xStreamBufferSendCompletedFromISR(
    StreamBufferHandle_t xStreamBuffer, BaseType_t *pxHigherPriorityTaskWoken);
BaseType_t xStreamBufferReceiveCompletedFromISR(
    StreamBufferHandle_t xStreamBuffer, BaseType_t *pxHigherPriorityTaskWoken);

UBaseType_t uxStreamBufferGetStreamBufferNotificationIndex(StreamBufferHandle_t xStreamBuffer);
void vStreamBufferSetStreamBufferNotificationIndex(
    StreamBufferHandle_t xStreamBuffer, UBaseType_t uxNotificationIndex);

// What creation comes to: with the width of a message's length, 0 for a stream, and what this source file does instead
// of waking tasks.
StreamBufferHandle_t hilStreamBufferCreate(
    size_t size, size_t trigger_level, BaseType_t type, size_t length_width, uint8_t *storage,
    StaticStreamBuffer_t *memory, StreamBufferCallbackFunction_t on_send, StreamBufferCallbackFunction_t on_receive);

#ifdef __cplusplus
}
#endif

#ifndef HIL_FIRMWARE_LIBRARY

// A `sbSEND_COMPLETE` of firmware's own, from its FreeRTOSConfig.h or from this source file, replaces the wake. The
// kernel's sources call those for tasks `sbSEND_COMPLETED` and so on; its documentation has both.
#if defined(sbSEND_COMPLETED) && !defined(sbSEND_COMPLETE)
#define sbSEND_COMPLETE(pxStreamBuffer) sbSEND_COMPLETED(pxStreamBuffer)
#endif
#if defined(sbRECEIVE_COMPLETED) && !defined(sbRECEIVE_COMPLETE)
#define sbRECEIVE_COMPLETE(pxStreamBuffer) sbRECEIVE_COMPLETED(pxStreamBuffer)
#endif
#if defined(sbRECEIVE_COMPLETED_FROM_ISR) && !defined(sbRECEIVE_COMPLETE_FROM_ISR)
#define sbRECEIVE_COMPLETE_FROM_ISR(pxStreamBuffer, pxHigherPriorityTaskWoken) \
    sbRECEIVE_COMPLETED_FROM_ISR((pxStreamBuffer), (pxHigherPriorityTaskWoken))
#endif
#if defined(sbSEND_COMPLETE) || defined(sbSEND_COMPLETE_FROM_ISR)
#ifndef sbSEND_COMPLETE_FROM_ISR
#define sbSEND_COMPLETE_FROM_ISR(pxStreamBuffer, pxHigherPriorityTaskWoken) \
    ((void)xStreamBufferSendCompletedFromISR((pxStreamBuffer), (pxHigherPriorityTaskWoken)))
#endif
#ifndef sbSEND_COMPLETE
#define sbSEND_COMPLETE(pxStreamBuffer) ((void)xStreamBufferSendCompletedFromISR((pxStreamBuffer), NULL))
#endif
static inline void hil_sb_send_complete(
    StreamBufferHandle_t pxStreamBuffer, BaseType_t xIsInsideISR, BaseType_t *const pxHigherPriorityTaskWoken)
{
    (void)pxHigherPriorityTaskWoken;
    if (xIsInsideISR != pdFALSE) {
        sbSEND_COMPLETE_FROM_ISR(pxStreamBuffer, pxHigherPriorityTaskWoken);
    } else {
        sbSEND_COMPLETE(pxStreamBuffer);
    }
}
#define HIL_SB_SEND_COMPLETE hil_sb_send_complete
#else
#define HIL_SB_SEND_COMPLETE ((StreamBufferCallbackFunction_t)0)
#endif

#if defined(sbRECEIVE_COMPLETE) || defined(sbRECEIVE_COMPLETE_FROM_ISR)
#ifndef sbRECEIVE_COMPLETE_FROM_ISR
#define sbRECEIVE_COMPLETE_FROM_ISR(pxStreamBuffer, pxHigherPriorityTaskWoken) \
    ((void)xStreamBufferReceiveCompletedFromISR((pxStreamBuffer), (pxHigherPriorityTaskWoken)))
#endif
#ifndef sbRECEIVE_COMPLETE
#define sbRECEIVE_COMPLETE(pxStreamBuffer) ((void)xStreamBufferReceiveCompletedFromISR((pxStreamBuffer), NULL))
#endif
static inline void hil_sb_receive_complete(
    StreamBufferHandle_t pxStreamBuffer, BaseType_t xIsInsideISR, BaseType_t *const pxHigherPriorityTaskWoken)
{
    (void)pxHigherPriorityTaskWoken;
    if (xIsInsideISR != pdFALSE) {
        sbRECEIVE_COMPLETE_FROM_ISR(pxStreamBuffer, pxHigherPriorityTaskWoken);
    } else {
        sbRECEIVE_COMPLETE(pxStreamBuffer);
    }
}
#define HIL_SB_RECEIVE_COMPLETE hil_sb_receive_complete
#else
#define HIL_SB_RECEIVE_COMPLETE ((StreamBufferCallbackFunction_t)0)
#endif

// Functions of the same names are in the library, for those who call them through a pointer.
#define xStreamBufferGenericCreate(xSize, xTrigger, xType, pxSend, pxReceive)                                       \
    hilStreamBufferCreate(                                                                                          \
        (xSize), (xTrigger), (xType), sizeof(configMESSAGE_BUFFER_LENGTH_TYPE), NULL, NULL, (pxSend), (pxReceive))
#define xStreamBufferGenericCreateStatic(xSize, xTrigger, xType, pucStorage, pxStatic, pxSend, pxReceive)           \
    hilStreamBufferCreate(                                                                                          \
        (xSize), (xTrigger), (xType), sizeof(configMESSAGE_BUFFER_LENGTH_TYPE), (pucStorage), (pxStatic), (pxSend), \
        (pxReceive))

#define xStreamBufferCreate(xSize, xTrigger) \
    xStreamBufferCreateWithCallback((xSize), (xTrigger), HIL_SB_SEND_COMPLETE, HIL_SB_RECEIVE_COMPLETE)
#define xStreamBufferCreateWithCallback(xSize, xTrigger, pxSend, pxReceive) \
    xStreamBufferGenericCreate((xSize), (xTrigger), sbTYPE_STREAM_BUFFER, (pxSend), (pxReceive))
#define xStreamBufferCreateStatic(xSize, xTrigger, pucStorage, pxStatic) \
    xStreamBufferCreateStaticWithCallback( \
        (xSize), (xTrigger), (pucStorage), (pxStatic), HIL_SB_SEND_COMPLETE, HIL_SB_RECEIVE_COMPLETE)
#define xStreamBufferCreateStaticWithCallback(xSize, xTrigger, pucStorage, pxStatic, pxSend, pxReceive) \
    xStreamBufferGenericCreateStatic( \
        (xSize), (xTrigger), sbTYPE_STREAM_BUFFER, (pucStorage), (pxStatic), (pxSend), (pxReceive))
#define xStreamBatchingBufferCreate(xSize, xTrigger) \
    xStreamBatchingBufferCreateWithCallback((xSize), (xTrigger), HIL_SB_SEND_COMPLETE, HIL_SB_RECEIVE_COMPLETE)
#define xStreamBatchingBufferCreateWithCallback(xSize, xTrigger, pxSend, pxReceive) \
    xStreamBufferGenericCreate((xSize), (xTrigger), sbTYPE_STREAM_BATCHING_BUFFER, (pxSend), (pxReceive))
#define xStreamBatchingBufferCreateStatic(xSize, xTrigger, pucStorage, pxStatic) \
    xStreamBatchingBufferCreateStaticWithCallback( \
        (xSize), (xTrigger), (pucStorage), (pxStatic), HIL_SB_SEND_COMPLETE, HIL_SB_RECEIVE_COMPLETE)
#define xStreamBatchingBufferCreateStaticWithCallback(xSize, xTrigger, pucStorage, pxStatic, pxSend, pxReceive) \
    xStreamBufferGenericCreateStatic( \
        (xSize), (xTrigger), sbTYPE_STREAM_BATCHING_BUFFER, (pucStorage), (pxStatic), (pxSend), (pxReceive))

#endif

#endif
