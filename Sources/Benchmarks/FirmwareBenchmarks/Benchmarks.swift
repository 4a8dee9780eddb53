import Benchmark

/// The library of benchmarks looks for this name, and runs each benchmark in a process of its own.
let benchmarks: @Sendable () -> Void = {
    registerTransfers()
    registerCalls()
    registerRoundTrips()
    registerStart()
}
