// What the measurements of both sides of a pair have in common: the clock, the places of threads, and their start.
#ifndef HILBRIDGE_CMEASURING_H
#define HILBRIDGE_CMEASURING_H

#include "crew.h"
#include "measuring.h"
#include "numbered.h"

#endif
