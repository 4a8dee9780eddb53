/// Some of the sixteen pins of an MPSSE port, or the levels of all of them: ADBUS0–7 are bits 0–7, ACBUS0–7 bits 8–15.
///
/// The names are those of the pins' SPI functions (AN_108, section 2.1).
public struct PinSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// ADBUS0: TCK/SK.
    public static let clock = PinSet(rawValue: 1 << 0)
    /// ADBUS1: TDI/DO, which is MOSI.
    public static let dataOut = PinSet(rawValue: 1 << 1)
    /// ADBUS2: TDO/DI, which is MISO.
    public static let dataIn = PinSet(rawValue: 1 << 2)
    /// ADBUS3: TMS/CS.
    public static let chipSelect = PinSet(rawValue: 1 << 3)
    /// ADBUS5: the pin that opcodes can wait for.
    public static let gpioL1 = PinSet(rawValue: 1 << 5)
    /// ADBUS7: RTCK, the clock that comes back under adaptive clocking.
    public static let returnClock = PinSet(rawValue: 1 << 7)
    public static let all = PinSet(rawValue: .max)

    /// ADBUS0 to ADBUS7; none for any other number.
    public static func adbus(_ number: Int) -> PinSet {
        (0..<8).contains(number) ? PinSet(rawValue: 1 << UInt16(number)) : []
    }

    /// ACBUS0 to ACBUS7; none for any other number.
    public static func acbus(_ number: Int) -> PinSet {
        (0..<8).contains(number) ? PinSet(rawValue: 1 << UInt16(number + 8)) : []
    }

    /// ADBUS, as opcode 0x81 reads it.
    var lowByte: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    /// ACBUS, as opcode 0x83 reads it.
    var highByte: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }

    /// These levels, with one pin's changed.
    func setting(_ pin: PinSet, to level: Bool) -> PinSet {
        level ? union(pin) : subtracting(pin)
    }
}
