/* No zero copy at all, and no character queues for serial ports. */
#ifndef FREERTOS_IO_CONFIG_H
#define FREERTOS_IO_CONFIG_H

#define ioconfigUSE_ZERO_COPY_TX 0
#define ioconfigUSE_TX_CHAR_QUEUE 1
#define ioconfigUSE_RX_CHAR_QUEUE 1
#define ioconfigINCLUDE_UART 1
#define ioconfigUSE_UART_TX_CHAR_QUEUE 0
#define ioconfigUSE_UART_RX_CHAR_QUEUE 0
#define ioconfigINCLUDE_SSP 1
#define ioconfigUSE_SSP_TX_CHAR_QUEUE 1

#endif
