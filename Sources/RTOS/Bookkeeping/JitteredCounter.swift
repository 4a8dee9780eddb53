/// Counts calls down from numbers that a seed decides: how virtual ticks come while tasks are busy.
///
/// The numbers vary from `average / 2` to `average * 3 / 2`. A fixed number would fall into step with the firmware's
/// own loops and let the same task lose its slice every time. The same seed gives the same numbers everywhere.
public struct JitteredCounter: Hashable, Sendable {
    private var random: UInt64
    private var left: UInt64 = 0
    private let average: UInt64

    public init(seed: UInt64, average: Int) {
        precondition(average >= 2)
        random = seed
        self.average = UInt64(average)
        left = next()
    }

    /// One call more. True if the count ran out with it; the next count begins.
    public mutating func countDown() -> Bool {
        left -= 1
        if left > 0 { return false }
        left = next()
        return true
    }

    /// Begins the next count before this one has run out.
    public mutating func startAnew() {
        left = next()
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    private mutating func next() -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var bits = random
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return average / 2 + bits % (average + 1)
    }
}
