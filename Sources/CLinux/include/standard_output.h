#ifndef HIL_STANDARD_OUTPUT_H
#define HIL_STANDARD_OUTPUT_H

// Writes out what stdio holds of standard output. 0 if all that was ever printed could be written; else the errno, EIO
// where stdio has forgotten it.
int hil_output_flush(void);

#endif
