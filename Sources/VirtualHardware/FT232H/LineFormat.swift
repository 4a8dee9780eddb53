/// How characters look on a serial line.
public struct LineFormat: Hashable, Sendable {
    public enum Parity: UInt8, Sendable { case none, odd, even, mark, space }

    /// 7 or 8.
    public var dataBits: UInt8 = 8
    public var parity = Parity.none
    /// Twice the stop bits: 2, 3 or 4.
    public var halfStopBits: UInt8 = 2

    public init() {}

    /// From the value of the data request: bits 0–7 data bits, 8–10 parity, 11–13 stop bits; nil if it means nothing.
    init?(request value: UInt16) {
        let stop = value >> 11 & 7
        guard let parity = Parity(rawValue: UInt8(value >> 8 & 7)), (7...8).contains(value & 0xFF), stop <= 2 else {
            return nil
        }
        self.parity = parity
        dataBits = UInt8(value & 0xFF)
        halfStopBits = UInt8(stop) + 2
    }

    /// Twice the bits of a character: start, data, parity and stop bits.
    var halfBits: UInt64 {
        2 * (1 + UInt64(dataBits) + (parity == .none ? 0 : 1)) + UInt64(halfStopBits)
    }
}

/// What went wrong with a character, and whether it was one: bits of the line status byte.
public struct LineErrors: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let overrun = LineErrors(rawValue: 0x02)
    public static let parity = LineErrors(rawValue: 0x04)
    public static let framing = LineErrors(rawValue: 0x08)
    public static let breakSignal = LineErrors(rawValue: 0x10)
}

/// The lines that come in beside RX, with their places in the modem status byte; set is asserted.
public struct ModemLines: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let cts = ModemLines(rawValue: 0x10)
    public static let dsr = ModemLines(rawValue: 0x20)
    public static let ri = ModemLines(rawValue: 0x40)
    public static let dcd = ModemLines(rawValue: 0x80)
}

/// How the chip holds its sender, and asks the other end to hold (request 0x02).
public enum FlowControl: UInt8, Hashable, Sendable {
    case none = 0
    case rtsCTS = 1
    case dtrDSR = 2
    case xonXOFF = 4
}
