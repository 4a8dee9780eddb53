// What the benchmarks measure hilbridge against: the same work on the same pty in bare C, with nothing but the system
// calls that it takes.
#ifndef HILBRIDGE_CTRANSFERPEER_H
#define HILBRIDGE_CTRANSFERPEER_H

#include "bare_completion.h"
#include "bare_writer.h"
#include "drained_line.h"
#include "line_starter.h"

#endif
