#ifndef HILBRIDGE_BARRIER_H
#define HILBRIDGE_BARRIER_H

// A fence between a store and a later load whose cost is on one side alone. The quick side calls `hil_barrier_quick`
// between its store and its load; the slow side calls `hil_barrier_slow` between its own.

// Registers the process for membarrier(2). 1 if the quick side needs no fence of its own, 0 if it does.
int hil_barrier_is_asymmetric(void);

// Keeps the compiler from moving anything across; no instruction.
static inline void hil_barrier_quick(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

// A full fence in the processor.
static inline void hil_barrier_full(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

// A full fence in every thread of the process that runs, where that can be had; else one here. A system call.
void hil_barrier_slow(void);

#endif
