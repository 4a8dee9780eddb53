import RTOS

/// How fast an MPSSE clocks its bits, counted in ticks of its 60 MHz master clock, in which every edge falls on a
/// whole number.
public struct BitClock: Hashable, Sendable {
    /// A point in time, in periods of the master clock (16.7 ns).
    public typealias Tick = UInt64

    /// The master clock, in hertz (AN_108, section 3.8.1).
    public static let masterClock: UInt64 = 60_000_000

    /// The value that opcode 0x86 sets: 0…65535.
    public var divisor: UInt16 = 0
    /// The base is 12 MHz rather than 60 MHz (opcode 0x8B, as after a reset).
    public var dividesByFive = true
    /// Each bit is held for another half period, so that it is stable around both edges (opcode 0x8C).
    public var isThreePhase = false

    public init() {}

    /// Ticks of half a period of SCK.
    public var halfPeriod: UInt64 { (UInt64(divisor) + 1) * (dividesByFive ? 5 : 1) }
    /// Ticks of a bit.
    public var bitTicks: UInt64 { halfPeriod * (isThreePhase ? 3 : 2) }

    /// Bits a second, rounded down: base / (2 · (1 + divisor)), and two thirds of that under three-phase clocking.
    public var bitRate: UInt64 { Self.masterClock / bitTicks }

    /// The last tick that is not after `time`.
    static func tick(at time: MonotonicTime) -> Tick {
        // 3 ticks are 50 ns.
        time.nanoseconds / 50 * 3 + time.nanoseconds % 50 * 3 / 50
    }

    /// When a tick comes, rounded up to whole nanoseconds; `never` if that is past the end of the clock.
    static func time(of tick: Tick) -> MonotonicTime {
        let (whole, overflow) = (tick / 3).multipliedReportingOverflow(by: 50)
        return overflow ? .never : MonotonicTime(nanoseconds: whole).advanced(byNanoseconds: (tick % 3 * 50 + 2) / 3)
    }
}
