#ifndef HILBRIDGE_INTERRUPTION_H
#define HILBRIDGE_INTERRUPTION_H

// Ends the system call that another thread of this process is blocked in, with EINTR: by a real-time signal that nobody
// else in the process handles, whose handler does nothing.

// Makes ready for that; the calling thread can be interrupted from then on. Its number, or a negative errno: EAGAIN if
// every real-time signal has a handler.
int hil_interruption_prepare(void);

// Interrupts the thread with that number. A call that it enters later is not interrupted: repeat it until the thread
// has answered.
void hil_interruption_send(int thread);

#endif
