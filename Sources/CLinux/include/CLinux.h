// What Swift cannot import from the kernel's headers: macros with arguments, structures whose headers
// clash, global and thread-local variables. Each function here is one system call or less.
#ifndef HILBRIDGE_CLINUX_H
#define HILBRIDGE_CLINUX_H

#include "barrier.h"
#include "interruption.h"
#include "memory.h"
#include "pseudoterminal.h"
#include "serial_line.h"
#include "spi_node.h"
#include "standard_output.h"
#include "task_local.h"
#include "transfer.h"
#include "waiting.h"

#endif
