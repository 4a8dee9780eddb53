import Benchmark

/// What a benchmark of pairs reports. Ratios are in thousandths, because the library counts in whole numbers.
public enum PairedMetrics {
    /// Throughput of ours to that of the peer: larger is better.
    public static let throughputRatio = custom("ratio ‰", .prefersLarger)
    /// Time of ours to that of the peer: smaller is better.
    public static let timeRatio = custom("ratio ‰", .prefersSmaller)

    /// How much longer ours takes, in picoseconds.
    public static let difference = custom("difference ps", .prefersSmaller)
    /// Of something that has no peer, in microseconds.
    public static let wholeTime = custom("whole time µs", .prefersSmaller)

    /// The figures of the two sides: `scripts/bench` finds the peer's name and the unit in the names.
    public static func sides(
        of peer: String, _ unit: String, _ polarity: BenchmarkMetric.Polarity
    ) -> (ours: BenchmarkMetric, peer: BenchmarkMetric) {
        (custom("ours \(unit)", polarity), custom("\(peer) \(unit)", polarity))
    }

    public static func custom(_ name: String, _ polarity: BenchmarkMetric.Polarity) -> BenchmarkMetric {
        .custom(name, polarity: polarity, useScalingFactor: false)
    }

    /// - Parameter target: what the ratio is to be, as people read it: "≥ 0.95".
    public static func configuration(
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
    /// Runs both so many times: in turn, so that a change of the machine's load meets both, and each first in every
    /// other pair, so that neither always has the warmer caches.
    public func inTurn(_ turns: Int, _ ours: () throws -> Void, _ peer: () throws -> Void) rethrows {
        for turn in 0..<turns {
            if turn.isMultiple(of: 2) {
                try ours()
                try peer()
            } else {
                try peer()
                try ours()
            }
        }
    }
}

extension [UInt64] {
    public var median: Int { Int(sorted()[count / 2]) }
}

/// Why a benchmark could not go on.
public struct BenchmarkFailure: Error, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
