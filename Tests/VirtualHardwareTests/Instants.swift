import RTOS

/// When the tests of timed hardware begin.
let start = MonotonicTime(nanoseconds: 1_000_000)

/// So many nanoseconds after the start.
func later(_ nanoseconds: UInt64) -> MonotonicTime {
    start.advanced(byNanoseconds: nanoseconds)
}
