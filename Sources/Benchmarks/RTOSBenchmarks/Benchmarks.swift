import Benchmark

/// The library of benchmarks looks for this name.
///
/// Each benchmark has ours and its peer do the same work by turns, with as many threads at the same places, and reports
/// the ratio of that one pair: what else goes on in the machine befalls both.
let benchmarks: @Sendable () -> Void = {
    registerBuffers()
    registerQueues()
    registerMailbox()
    registerWaking()
    registerPool()
}
