/// A rate that an FTDI chip's UART has: its clock divided by a whole number and eighths.
///
/// The full-speed chips divide 3 MHz, by a 14-bit number with eighths; the H chips 12 MHz too, and fall back to 3 MHz for
/// the slow rates (AN_120, section 3). 1 and 1.5 have codes of their own, 0 and 1; nothing lies between 1, 1.5 and 2.
struct FTDIBaudRate: Hashable, Sendable {
    /// What the clock is divided by, in eighths.
    let eighths: UInt32
    let clock: UInt32

    private static let slowClock: UInt32 = 3_000_000
    private static let fastClock: UInt32 = 12_000_000
    private static let largestEighths: UInt32 = 0x3FFF * 8 + 7
    /// How eighths are coded (AN_232B-05).
    private static let codes: [UInt16] = [0, 3, 2, 4, 1, 5, 6, 7]

    /// The rate that is nearest to `asked`, in bits a second; nil if it is more than 3 % off.
    init?(nearest asked: UInt32, chip: FTDIChip) {
        guard asked > 0 else { return nil }
        // The faster clock has the finer steps.
        let clocks = chip.isHighSpeed ? [Self.fastClock, Self.slowClock] : [Self.slowClock]
        let clock = clocks.first { UInt64($0) * 8 / UInt64(asked) <= UInt64(Self.largestEighths) } ?? Self.slowClock
        let exact = (UInt64(clock) * 8 * 2 / UInt64(asked) + 1) / 2
        self.clock = clock
        eighths =
            switch exact {
            case ..<10: 8
            case ..<14: 12
            case ..<16: 16
            default: UInt32(min(exact, UInt64(Self.largestEighths)))
            }
        let difference = rate > asked ? rate - asked : asked - rate
        guard UInt64(difference) * 100 <= UInt64(asked) * 3 else { return nil }
    }

    /// Bits a second, to the nearest.
    var rate: UInt32 { (clock * 8 + eighths / 2) / eighths }

    /// The slowest rate of any chip, and the fastest of this one.
    static func range(of chip: FTDIChip) -> ClosedRange<UInt32> {
        184...(chip.isHighSpeed ? fastClock : slowClock)
    }

    /// The vendor request that sets it.
    ///
    /// - Parameter index: of the interface, which chips with several want in the low byte.
    func request(chip: FTDIChip, index: UInt16) -> FTDIRequest {
        let code: UInt32 =
            switch eighths {
            case 8: 0
            case 12: 1
            default: eighths >> 3 | UInt32(Self.codes[Int(eighths & 7)]) << 14
            }
        var high = UInt16(code >> 16)
        if clock == Self.fastClock { high |= 0x02 }
        // Where the low byte of the index names the interface, the rest of the code is in the high one.
        let place = chip.isHighSpeed ? high << 8 | index : high
        return FTDIRequest(.setBaudRate, value: UInt16(truncatingIfNeeded: code), index: place)
    }
}
