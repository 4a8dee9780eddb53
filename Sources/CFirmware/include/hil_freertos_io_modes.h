// The transfer modes that firmware's `FreeRTOSIOConfig.h` admits: a mode is there if it is on, and on for the kind of
// peripheral. What the configuration leaves out is on.
#ifndef HILBRIDGE_FREERTOS_IO_MODES_H
#define HILBRIDGE_FREERTOS_IO_MODES_H

#ifndef ioconfigUSE_ZERO_COPY_TX
#define ioconfigUSE_ZERO_COPY_TX 1
#endif
#ifndef ioconfigUSE_TX_CHAR_QUEUE
#define ioconfigUSE_TX_CHAR_QUEUE 1
#endif
#ifndef ioconfigUSE_RX_CHAR_QUEUE
#define ioconfigUSE_RX_CHAR_QUEUE 1
#endif
#ifndef ioconfigUSE_CIRCULAR_BUFFER_RX
#define ioconfigUSE_CIRCULAR_BUFFER_RX 1
#endif

#ifndef ioconfigINCLUDE_UART
#define ioconfigINCLUDE_UART 1
#endif
#ifndef ioconfigUSE_UART_POLLED_TX
#define ioconfigUSE_UART_POLLED_TX 1
#endif
#ifndef ioconfigUSE_UART_POLLED_RX
#define ioconfigUSE_UART_POLLED_RX 1
#endif
#ifndef ioconfigUSE_UART_ZERO_COPY_TX
#define ioconfigUSE_UART_ZERO_COPY_TX 1
#endif
#ifndef ioconfigUSE_UART_TX_CHAR_QUEUE
#define ioconfigUSE_UART_TX_CHAR_QUEUE 1
#endif
#ifndef ioconfigUSE_UART_RX_CHAR_QUEUE
#define ioconfigUSE_UART_RX_CHAR_QUEUE 1
#endif
#ifndef ioconfigUSE_UART_CIRCULAR_BUFFER_RX
#define ioconfigUSE_UART_CIRCULAR_BUFFER_RX 1
#endif

#ifndef ioconfigINCLUDE_SSP
#define ioconfigINCLUDE_SSP 1
#endif
#ifndef ioconfigUSE_SSP_POLLED_TX
#define ioconfigUSE_SSP_POLLED_TX 1
#endif
#ifndef ioconfigUSE_SSP_POLLED_RX
#define ioconfigUSE_SSP_POLLED_RX 1
#endif
#ifndef ioconfigUSE_SSP_ZERO_COPY_TX
#define ioconfigUSE_SSP_ZERO_COPY_TX 1
#endif
#ifndef ioconfigUSE_SSP_TX_CHAR_QUEUE
#define ioconfigUSE_SSP_TX_CHAR_QUEUE 1
#endif
#ifndef ioconfigUSE_SSP_RX_CHAR_QUEUE
#define ioconfigUSE_SSP_RX_CHAR_QUEUE 1
#endif
#ifndef ioconfigUSE_SSP_CIRCULAR_BUFFER_RX
#define ioconfigUSE_SSP_CIRCULAR_BUFFER_RX 1
#endif

// Bit 8 of a kind says that it is there; bit n is that of the request with code n.
#define HIL_FREERTOS_IO_UART_MODES                                                                    \
    ((ioconfigINCLUDE_UART ? 256u : 0u) | (ioconfigUSE_UART_POLLED_TX ? 1u : 0u) |                    \
     (ioconfigUSE_UART_POLLED_RX ? 2u : 0u) |                                                         \
     (ioconfigUSE_ZERO_COPY_TX && ioconfigUSE_UART_ZERO_COPY_TX ? 4u : 0u) |                          \
     (ioconfigUSE_TX_CHAR_QUEUE && ioconfigUSE_UART_TX_CHAR_QUEUE ? 8u : 0u) |                        \
     (ioconfigUSE_RX_CHAR_QUEUE && ioconfigUSE_UART_RX_CHAR_QUEUE ? 16u : 0u) |                       \
     (ioconfigUSE_CIRCULAR_BUFFER_RX && ioconfigUSE_UART_CIRCULAR_BUFFER_RX ? 32u : 0u))
#define HIL_FREERTOS_IO_SSP_MODES                                                                     \
    ((ioconfigINCLUDE_SSP ? 256u : 0u) | (ioconfigUSE_SSP_POLLED_TX ? 1u : 0u) |                      \
     (ioconfigUSE_SSP_POLLED_RX ? 2u : 0u) |                                                          \
     (ioconfigUSE_ZERO_COPY_TX && ioconfigUSE_SSP_ZERO_COPY_TX ? 4u : 0u) |                           \
     (ioconfigUSE_TX_CHAR_QUEUE && ioconfigUSE_SSP_TX_CHAR_QUEUE ? 8u : 0u) |                         \
     (ioconfigUSE_RX_CHAR_QUEUE && ioconfigUSE_SSP_RX_CHAR_QUEUE ? 16u : 0u) |                        \
     (ioconfigUSE_CIRCULAR_BUFFER_RX && ioconfigUSE_SSP_CIRCULAR_BUFFER_RX ? 32u : 0u))
#define HIL_FREERTOS_IO_MODES (HIL_FREERTOS_IO_UART_MODES | HIL_FREERTOS_IO_SSP_MODES << 16)

#endif
