// Preloaded into a Swift program (LD_PRELOAD), counts the retains and releases that its code asks the runtime for, and
// tells at its end. scripts/prove-primitives builds it; it is no part of the package.
//
// The program and its modules reach the runtime through the dynamic linker, which finds these first. The runtime's own
// hooks (`_swift_retain`) would serve as well, but crash in Swift 6.3.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

static atomic_ulong references;

// Looked up at the first use, by whoever comes first; all find the same.
static void *real(_Atomic(void *) *place, const char *name)
{
    void *function = atomic_load_explicit(place, memory_order_relaxed);
    if (function == NULL) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(place, function, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&references, 1, memory_order_relaxed);
    return function;
}

#define RETAIN(name)                                                                                                   \
    void *name(void *object)                                                                                           \
    {                                                                                                                  \
        static _Atomic(void *) place;                                                                                  \
        return ((void *(*)(void *))real(&place, #name))(object);                                                       \
    }                                                                                                                  \
    void *name##_n(void *object, uint32_t count)                                                                       \
    {                                                                                                                  \
        static _Atomic(void *) place;                                                                                  \
        return ((void *(*)(void *, uint32_t))real(&place, #name "_n"))(object, count);                                 \
    }

#define RELEASE(name)                                                                                                  \
    void name(void *object)                                                                                            \
    {                                                                                                                  \
        static _Atomic(void *) place;                                                                                  \
        ((void (*)(void *))real(&place, #name))(object);                                                               \
    }                                                                                                                  \
    void name##_n(void *object, uint32_t count)                                                                        \
    {                                                                                                                  \
        static _Atomic(void *) place;                                                                                  \
        ((void (*)(void *, uint32_t))real(&place, #name "_n"))(object, count);                                         \
    }

RETAIN(swift_retain)
RELEASE(swift_release)
RETAIN(swift_nonatomic_retain)
RELEASE(swift_nonatomic_release)
RETAIN(swift_bridgeObjectRetain)
RELEASE(swift_bridgeObjectRelease)
RETAIN(swift_nonatomic_bridgeObjectRetain)
RELEASE(swift_nonatomic_bridgeObjectRelease)
RETAIN(swift_unownedRetain)
RELEASE(swift_unownedRelease)
RETAIN(swift_unownedRetainStrong)

__attribute__((destructor)) static void tell(void)
{
    fprintf(stderr, "references %lu\n", atomic_load(&references));
}
