#ifndef HILBRIDGE_CREW_H
#define HILBRIDGE_CREW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What one thread does; `number` counts the threads from 0.
typedef void (*crew_body)(void *_Nullable context, int number);

// Runs `body` on `count` threads, each bound to its entry of `processors` (-1: to none), lets them begin together, and
// waits for all of them. Returns the nanoseconds from the first one's beginning to the last one's end.
uint64_t crew_run(int count, const int *_Nonnull processors, crew_body _Nonnull body, void *_Nullable context);

#ifdef __cplusplus
}
#endif

#endif
