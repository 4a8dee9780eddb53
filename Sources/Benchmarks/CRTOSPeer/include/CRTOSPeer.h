// What the benchmarks measure the RTOS primitives against: the same work in bare C. The threads of a peer run in here, so
// that no border between languages is on its way.
#ifndef HILBRIDGE_CRTOSPEER_H
#define HILBRIDGE_CRTOSPEER_H

#include "bare_futex.h"
#include "bare_lock.h"
#include "ideal_ring.h"
#include "locked_queue.h"

#endif
