// What firmware for CMSIS calls the compiler's attributes. One of firmware's own comes first, wherever it is found.
#if defined(__has_include_next)
#if __has_include_next("cmsis_compiler.h")
#include_next "cmsis_compiler.h"
#define HIL_HAS_CMSIS_COMPILER 1
#endif
#endif

#if !defined(__CMSIS_COMPILER_H) && !defined(HIL_HAS_CMSIS_COMPILER)
#define __CMSIS_COMPILER_H

#include <stdint.h>

#ifndef __ASM
#define __ASM __asm__
#endif
#ifndef __INLINE
#define __INLINE inline
#endif
#ifndef __STATIC_INLINE
#define __STATIC_INLINE static inline
#endif
#ifndef __STATIC_FORCEINLINE
#define __STATIC_FORCEINLINE __attribute__((always_inline)) static inline
#endif
#ifndef __NO_RETURN
#define __NO_RETURN __attribute__((__noreturn__))
#endif
#ifndef __USED
#define __USED __attribute__((used))
#endif
#ifndef __WEAK
#define __WEAK __attribute__((weak))
#endif
#ifndef __PACKED
#define __PACKED __attribute__((packed, aligned(1)))
#endif
#ifndef __PACKED_STRUCT
#define __PACKED_STRUCT struct __attribute__((packed, aligned(1)))
#endif
#ifndef __PACKED_UNION
#define __PACKED_UNION union __attribute__((packed, aligned(1)))
#endif
#ifndef __ALIGNED
#define __ALIGNED(x) __attribute__((aligned(x)))
#endif
#ifndef __RESTRICT
#define __RESTRICT __restrict
#endif
#ifndef __COMPILER_BARRIER
#define __COMPILER_BARRIER() __asm__ volatile("" ::: "memory")
#endif

#endif
