// What a FreeRTOS+IO board support package defines. The list of devices is the board file's.
#ifndef FREERTOS_IO_BSP_H
#define FREERTOS_IO_BSP_H

typedef enum { eUART_TYPE, eSSP_TYPE, eI2C_TYPE } Peripheral_Types_t;

#define boardSPI_SAMPLE_ON_LEADING_EDGE_CPHA_0 0
#define boardSPI_SAMPLE_ON_TRAILING_EDGE_CPHA_1 1
#define boardSPI_CLOCK_BASE_VALUE_CPOL_0 0
#define boardSPI_CLOCK_BASE_VALUE_CPOL_1 1
#define boardSPI_MASTER_MODE 0
#define boardSPI_SLAVE_MODE 1

#define boardSSP_DATABIT_8 8
#define boardSSP_FRAME_SPI 0
#define boardSSP_FRAME_TI 1
#define boardSSP_FRAME_MICROWIRE 2

#endif
