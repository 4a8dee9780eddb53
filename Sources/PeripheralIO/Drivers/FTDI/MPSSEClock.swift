/// How an MPSSE divides its master clock down to SCK.
///
/// SCK = base / (2 · (1 + divisor)), with a base of 60 or 12 MHz; under three-phase clocking, in which a bit takes three
/// half periods, two thirds of that (AN_108, section 3.8).
struct MPSSEClock: Hashable, Sendable {
    static let fastBase: UInt32 = 60_000_000
    /// Divides the fast base.
    private static let slowFactor: UInt64 = 5

    let divisor: UInt16
    let usesSlowBase: Bool
    let isThreePhase: Bool

    /// The fastest clock that is no faster than `asked` hertz; nil if even the slowest one is.
    ///
    /// Clocks are told to the nearest hertz, and one that is told is one that can be asked for.
    init?(notAbove asked: UInt32, isThreePhase: Bool = false) {
        let halfPeriods: UInt64 = isThreePhase ? 3 : 2
        let periods = 2 * UInt64(Self.fastBase) / (halfPeriods * (2 * UInt64(asked) + 1)) + 1
        self.isThreePhase = isThreePhase
        usesSlowBase = periods > 65536
        let slow = (periods + Self.slowFactor - 1) / Self.slowFactor
        guard let divisor = UInt16(exactly: (usesSlowBase ? slow : periods) - 1) else { return nil }
        self.divisor = divisor
    }

    /// Periods of the fast base that a bit takes.
    private var bitPeriods: UInt64 {
        (UInt64(divisor) + 1) * (usesSlowBase ? Self.slowFactor : 1) * (isThreePhase ? 3 : 2)
    }

    /// SCK in hertz, to the nearest.
    var rate: UInt32 { UInt32((UInt64(Self.fastBase) + bitPeriods / 2) / bitPeriods) }

    /// Nanoseconds that so many bytes take.
    func time(of bytes: Int) -> UInt64 {
        let (whole, overflow) = (bitPeriods * 8 * 1000 / 60).multipliedReportingOverflow(by: UInt64(bytes))
        return overflow ? .max : whole
    }

    /// The slowest, in hertz.
    static func slowest(isThreePhase: Bool = false) -> UInt32 { isThreePhase ? 61 : 92 }

    /// Makes the chip use it.
    func append(to commands: inout CommandBuffer) {
        commands.append(usesSlowBase ? MPSSECommand.use12MHz : MPSSECommand.use60MHz)
        commands.append(isThreePhase ? MPSSECommand.enableThreePhase : MPSSECommand.disableThreePhase)
        commands.append(MPSSECommand.setDivisor, word: divisor)
    }

    /// Bytes of the commands that do so.
    static let commandLength = 5
}
