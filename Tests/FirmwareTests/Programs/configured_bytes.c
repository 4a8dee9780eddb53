/* A source file whose messages have lengths of one byte. */
#include "FreeRTOS.h"
#undef configMESSAGE_BUFFER_LENGTH_TYPE
#define configMESSAGE_BUFFER_LENGTH_TYPE uint8_t
#include "message_buffer.h"

MessageBufferHandle_t xCreateWithBytes(size_t xSize)
{
    return xMessageBufferCreate(xSize);
}
