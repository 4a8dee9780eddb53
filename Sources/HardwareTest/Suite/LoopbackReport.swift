import PeripheralIO

/// What a sweep or a soak found: each of its points, and how it went over time.
public struct LoopbackReport: Sendable, Codable {
    public var device: String
    /// When it began, in ISO 8601.
    public var startedAt: String
    public var seconds: Double
    /// How often all points were gone through.
    public var rounds: Int
    /// It was ended before its time.
    public var interrupted: Bool
    public var points: [PointReport]
    public var timeline = Timeline()

    public struct PointReport: Sendable, Codable {
        /// What was asked for; nil where the device's own was left.
        public var rate: UInt32?
        public var mode: Int?
        public var transferSize: Int?
        public var pattern: String
        /// What was measured; nil if it never came to that.
        public var result: LoopbackResult?
        /// How often a run ended with an error of the device, and the last of them.
        public var failureCount = 0
        public var failure: String?
        /// The last failure itself, for those who turn it into an exit status.
        public var error: PeripheralError?

        private enum CodingKeys: String, CodingKey {
            case rate, mode, transferSize, pattern, result, failureCount, failure
        }

        public var isGood: Bool { failureCount == 0 && (result?.isGood ?? false) }

        /// The setting in a few words, without what was left as it is.
        public var label: String {
            var words: [String] = []
            if let rate { words.append(Self.short(Double(rate)) + (result?.isSPI == false ? "Bd" : "Hz")) }
            if let mode { words.append("mode \(mode)") }
            if let transferSize { words.append("\(transferSize) B") }
            words.append(pattern)
            return words.joined(separator: ", ")
        }

        static func short(_ number: Double) -> String {
            for (factor, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where number >= factor {
                let value = number / factor
                return value == value.rounded()
                    ? "\(Int(value)) \(unit)" : "\((value * 1000).rounded() / 1000) \(unit)"
            }
            return "\(Int(number)) "
        }
    }

    /// Errors over time, in stretches that grow with the test.
    public struct Timeline: Sendable, Codable {
        /// Seconds in a stretch.
        public private(set) var stretch = 0.25
        public private(set) var bytes: [Int] = []
        public private(set) var errors: [Int] = []

        static let mostStretches = 240

        mutating func note(at seconds: Double, bytes count: Int, errors errorCount: Int) {
            while Int(seconds / stretch) >= Self.mostStretches { double() }
            let place = Int(max(0, seconds) / stretch)
            while bytes.count <= place {
                bytes.append(0)
                errors.append(0)
            }
            bytes[place] += count
            errors[place] += errorCount
        }

        private mutating func double() {
            stretch *= 2
            bytes = Self.folded(bytes)
            errors = Self.folded(errors)
        }

        private static func folded(_ counts: [Int]) -> [Int] {
            Swift.stride(from: 0, to: counts.count, by: 2).map { place in
                counts[place] + (place + 1 < counts.count ? counts[place + 1] : 0)
            }
        }
    }

    public var bytesSent: Int { points.reduce(0) { $0 + ($1.result?.bytesSent ?? 0) } }
    public var errors: Int { points.reduce(0) { $0 + ($1.result?.errors ?? 0) } }
    public var isGood: Bool {
        points.allSatisfy { $0.isGood || ($0.result == nil && $0.failureCount == 0 && interrupted) }
    }
}
