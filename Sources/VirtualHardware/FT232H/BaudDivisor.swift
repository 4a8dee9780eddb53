/// The rate of the chip's UART, as the baud-rate request codes it: a 14-bit divisor with eighths, of 3 MHz or, with the
/// bit that only H chips have, of 12 MHz (FTDI AN_120, section 3; FT232H datasheet, section 4.2).
public struct BaudDivisor: Hashable, Sendable {
    /// What the clock is divided by, in eighths.
    public let eighths: UInt32
    /// The clock, in hertz.
    public let clock: UInt32

    /// The eighths that each of the eight codes stands for.
    private static let eighthsOfCode: [UInt32] = [0, 4, 2, 1, 3, 5, 6, 7]

    /// From the request's value and index. The index holds the upper bits of the code in its high byte.
    public init(value: UInt16, index: UInt16) {
        let whole = UInt32(value & 0x3FFF)
        let code = Int(value >> 14) | Int(index >> 8 & 1) << 2
        clock = index & 0x0200 != 0 ? 12_000_000 : 3_000_000
        eighths =
            switch whole {
            // The two that the scheme has no code for.
            case 0: 8
            case 1: 12
            default: 8 * whole + Self.eighthsOfCode[code]
            }
    }

    /// Bits a second, to the nearest.
    public var rate: UInt32 { (clock * 8 + eighths / 2) / eighths }
}
