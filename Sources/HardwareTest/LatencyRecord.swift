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

    /// Adds what another record has.
    public mutating func add(_ other: LatencyRecord) {
        histogram.add(other.histogram)
    }

    public var summary: Summary? {
        guard count > 0 else { return nil }
        return Summary(
            count: count,
            min: histogram.min,
            p50: histogram.valueAtPercentile(50),
            p90: histogram.valueAtPercentile(90),
            p99: histogram.valueAtPercentile(99),
            p999: histogram.valueAtPercentile(99.9),
            max: histogram.max,
            mean: histogram.mean,
            buckets: buckets)
    }

    /// Eight to an octave, without the empty ones.
    private var buckets: [Bucket] {
        var buckets: [Bucket] = []
        var end: UInt64 = 0
        for value in histogram.recordedValues() {
            while value.value > end { end = Self.end(after: end) }
            if buckets.last?.upTo == end {
                buckets[buckets.count - 1].count += value.count
            } else {
                buckets.append(Bucket(upTo: end, count: value.count))
            }
        }
        return buckets
    }

    private static func end(after end: UInt64) -> UInt64 {
        guard end >= 16 else { return end + 1 }
        let octave = UInt64(1) << UInt64(63 - end.leadingZeroBitCount)
        return end + octave / 8
    }

    /// How many durations there were up to one, and above the bucket before.
    public struct Bucket: Hashable, Sendable, Codable {
        /// Nanoseconds.
        public var upTo: UInt64
        public var count: UInt64
    }

    /// What is told of a record. Nanoseconds.
    public struct Summary: Hashable, Sendable, Codable {
        public var count: UInt64
        public var min: UInt64
        public var p50: UInt64
        public var p90: UInt64
        public var p99: UInt64
        /// The 99.9th percentile.
        public var p999: UInt64
        public var max: UInt64
        public var mean: Double
        public var buckets: [Bucket]
    }
}
