/* Writing interrupts the other core, as in the published example of two cores. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

void vGenerateCoreBInterrupt(void *pvUpdatedMessageBuffer);
#define sbSEND_COMPLETED(pxStreamBuffer) vGenerateCoreBInterrupt(pxStreamBuffer)

#endif
