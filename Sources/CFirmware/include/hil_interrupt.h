// Interrupts of firmware's own: code that plays an interrupt service routine.
#ifndef HILBRIDGE_INTERRUPT_H
#define HILBRIDGE_INTERRUPT_H

#ifdef __cplusplus
extern "C" {
#endif

// Calls `handler` on the calling thread as an interrupt: nothing in it blocks, critical sections keep it waiting, and on
// a single core tasks are switched when it has returned. Any thread, tasks and foreign ones.
void hil_interrupt_run(void (*handler)(void *argument), void *argument);

#ifdef __cplusplus
}
#endif

#endif
