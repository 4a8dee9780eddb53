import Benchmark
import CMeasuring
import Glibc
import PairedBenchmarks

/// From the start of a process to its end: a firmware that starts its scheduler, runs a task, and ends the scheduler.
///
/// `scripts/bench` compiles it and names it in `HIL_BENCH_FIRMWARE`.
func registerStart() {
    guard let path = getenv("HIL_BENCH_FIRMWARE").map({ String(cString: $0) }) else { return }
    Benchmark(
        "Start of a firmware that is linked statically",
        configuration: PairedMetrics.configuration([PairedMetrics.wholeTime], target: "≤ 20 ms", iterations: 20)
    ) { benchmark in
        var times: [UInt64] = []
        for _ in 0..<5 {
            let start = peer_now()
            var process = pid_t()
            var words: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
            defer { free(words[0]) }
            guard posix_spawn(&process, path, nil, nil, &words, environ) == 0 else {
                throw BenchmarkFailure("\(path) cannot be started")
            }
            var status: Int32 = 0
            guard waitpid(process, &status, 0) == process, status == 0 else {
                throw BenchmarkFailure("\(path) failed")
            }
            times.append(peer_now() - start)
        }
        benchmark.measurement(PairedMetrics.wholeTime, times.median / 1000)
    }
}
