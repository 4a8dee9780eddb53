import Benchmark

/// What a benchmark of pairs reports. Ratios are in thousandths, because the library counts in whole numbers.
enum PairedMetrics {
    /// Throughput of ours to that of bare C: larger is better.
    static let throughputRatio = custom("ratio ‰", .prefersLarger)
    static let ours = custom("ours kB/s", .prefersLarger)
    static let bare = custom("bare C kB/s", .prefersLarger)

    /// Time of ours to that of bare C: smaller is better.
    static let timeRatio = custom("ratio ‰", .prefersSmaller)
    static let ourTime = custom("ours ns", .prefersSmaller)
    static let bareTime = custom("bare C ns", .prefersSmaller)

    static func custom(_ name: String, _ polarity: BenchmarkMetric.Polarity) -> BenchmarkMetric {
        .custom(name, polarity: polarity, useScalingFactor: false)
    }

    /// - Parameter target: what the ratio is to be, as people read it: "≥ 0.95".
    static func configuration(
        _ metrics: [BenchmarkMetric], target: String, iterations: Int
    ) -> Benchmark.Configuration {
        .init(
            metrics: metrics, tags: ["target": target],
            // As they are, not in thousands or millions.
            units: Dictionary(uniqueKeysWithValues: metrics.map { ($0, BenchmarkUnits.count) }),
            warmupIterations: 1, maxDuration: .seconds(120), maxIterations: iterations)
    }
}

extension Benchmark {
    /// Runs both so many times, in short turns so that a change of the machine's load meets both, and each first in
    /// every other pair so that neither always has the warmer caches.
    func inTurn(_ turns: Int, _ ours: () throws -> Void, _ bare: () throws -> Void) rethrows {
        for turn in 0..<turns {
            if turn.isMultiple(of: 2) {
                try ours()
                try bare()
            } else {
                try bare()
                try ours()
            }
        }
    }
}

/// Why a benchmark could not go on.
struct BenchmarkFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
