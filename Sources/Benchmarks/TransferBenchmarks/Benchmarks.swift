import Benchmark

/// The library of benchmarks looks for this name.
///
/// Every benchmark does the same work twice in each of its iterations, with hilbridge and in bare C, and reports the
/// ratio of that one pair: what else goes on in the machine befalls both. The target of a ratio is a tag, and so shows
/// in the benchmark's name; `scripts/bench` compares the two.
let benchmarks: @Sendable () -> Void = {
    registerThroughput()
    registerHandOver()
    registerDeviceLoss()
}
