// FreeRTOS message buffers: messages of any length from one writer to one reader.
//
// Each takes the size of `configMESSAGE_BUFFER_LENGTH_TYPE` besides, which may differ between source files: it counts
// where the buffer is created. Without one it is 4 bytes, as on a 32-bit microcontroller.
#ifndef INC_FREERTOS_H
#include "FreeRTOS.h"
#endif
#ifndef FREERTOS_MESSAGE_BUFFER_H
#define FREERTOS_MESSAGE_BUFFER_H

#include "stream_buffer.h"

typedef StreamBufferHandle_t MessageBufferHandle_t;

#define xMessageBufferCreate(xSize) \
    xMessageBufferCreateWithCallback((xSize), HIL_SB_SEND_COMPLETE, HIL_SB_RECEIVE_COMPLETE)
#define xMessageBufferCreateWithCallback(xSize, pxSend, pxReceive) \
    xStreamBufferGenericCreate((xSize), (size_t)0, sbTYPE_MESSAGE_BUFFER, (pxSend), (pxReceive))
#define xMessageBufferCreateStatic(xSize, pucStorage, pxStatic) \
    xMessageBufferCreateStaticWithCallback( \
        (xSize), (pucStorage), (pxStatic), HIL_SB_SEND_COMPLETE, HIL_SB_RECEIVE_COMPLETE)
#define xMessageBufferCreateStaticWithCallback(xSize, pucStorage, pxStatic, pxSend, pxReceive) \
    xStreamBufferGenericCreateStatic( \
        (xSize), (size_t)0, sbTYPE_MESSAGE_BUFFER, (pucStorage), (pxStatic), (pxSend), (pxReceive))
#define xMessageBufferGetStaticBuffers(xMessageBuffer, ppucStorage, ppxStatic) \
    xStreamBufferGetStaticBuffers((xMessageBuffer), (ppucStorage), (ppxStatic))
#define vMessageBufferDelete(xMessageBuffer) vStreamBufferDelete(xMessageBuffer)

// All of a message or nothing: its length, or 0.
#define xMessageBufferSend(xMessageBuffer, pvTxData, xLength, xTicksToWait) \
    xStreamBufferSend((xMessageBuffer), (pvTxData), (xLength), (xTicksToWait))
#define xMessageBufferSendFromISR(xMessageBuffer, pvTxData, xLength, pxWoken) \
    xStreamBufferSendFromISR((xMessageBuffer), (pvTxData), (xLength), (pxWoken))
// The message's length; 0 if there is none, or if it is longer than the buffer: then it stays.
#define xMessageBufferReceive(xMessageBuffer, pvRxData, xLength, xTicksToWait) \
    xStreamBufferReceive((xMessageBuffer), (pvRxData), (xLength), (xTicksToWait))
#define xMessageBufferReceiveFromISR(xMessageBuffer, pvRxData, xLength, pxWoken) \
    xStreamBufferReceiveFromISR((xMessageBuffer), (pvRxData), (xLength), (pxWoken))

#define xMessageBufferReset(xMessageBuffer) xStreamBufferReset(xMessageBuffer)
#define xMessageBufferResetFromISR(xMessageBuffer) xStreamBufferResetFromISR(xMessageBuffer)
#define xMessageBufferIsFull(xMessageBuffer) xStreamBufferIsFull(xMessageBuffer)
#define xMessageBufferIsEmpty(xMessageBuffer) xStreamBufferIsEmpty(xMessageBuffer)
#define xMessageBufferSpaceAvailable(xMessageBuffer) xStreamBufferSpacesAvailable(xMessageBuffer)
#define xMessageBufferSpacesAvailable(xMessageBuffer) xStreamBufferSpacesAvailable(xMessageBuffer)
#define xMessageBufferNextLengthBytes(xMessageBuffer) xStreamBufferNextMessageLengthBytes(xMessageBuffer)
#define xMessageBufferSendCompletedFromISR(xMessageBuffer, pxWoken) \
    xStreamBufferSendCompletedFromISR((xMessageBuffer), (pxWoken))
#define xMessageBufferReceiveCompletedFromISR(xMessageBuffer, pxWoken) \
    xStreamBufferReceiveCompletedFromISR((xMessageBuffer), (pxWoken))

#endif
