import Histogram

/// Durations and their percentiles, in nanoseconds, to three significant digits.
public struct LatencyRecord: Sendable {
    private var histogram = Histogram<UInt64>(
        highestTrackableValue: 3_600_000_000_000, numberOfSignificantValueDigits: .three)

    public init() {}

    public var count: UInt64 { histogram.totalCount }

    public mutating func record(nanoseconds: UInt64) {
        histogram.record(max(nanoseconds, 1))
    }

    public var summary: Summary? {
        guard count > 0 else { return nil }
        return Summary(
            count: count,
            p50: histogram.valueAtPercentile(50),
            p99: histogram.valueAtPercentile(99),
            max: histogram.max)
    }

    /// What is told of a record. Nanoseconds.
    public struct Summary: Hashable, Sendable, Codable {
        public var count: UInt64
        public var p50: UInt64
        public var p99: UInt64
        public var max: UInt64
    }
}
