/// What the EEPROM beside an FTDI chip says, decoded. It is read, and never written.
///
/// The layout is that of the chips from the FT232R on, as libftdi decodes it; the fields here stand at the same places in
/// all of them.
public struct FTDIEEPROM: Hashable, Sendable {
    public let vendor: UInt16
    public let product: UInt16
    /// The chip's kind, as in the device descriptor.
    public let release: UInt16
    public let isSelfPowered: Bool
    public let canWakeHost: Bool
    /// Milliamperes that the device may draw.
    public let maxPower: Int
    public let manufacturer: String
    public let productName: String
    /// nil if the device has none.
    public let serial: String?
    /// The checksum agrees with the contents.
    public let isValid: Bool

    private static let usesSerial: UInt8 = 0x08
    /// Bytes that carry fields, the pointers to the strings included.
    private static let header = 0x14

    /// nil if there are too few bytes to say anything, or if nothing was ever written.
    ///
    /// - Parameters:
    ///   - bytes: all of it, from its first word: 128 bytes of a 93C46, 256 of a 93C56 or 66.
    ///   - chip: the FT230X keeps other things than words under its checksum.
    public init?(_ bytes: [UInt8], isFT230X: Bool = false) {
        guard bytes.count > Self.header, bytes.contains(where: { $0 != 0xFF }) else { return nil }
        func word(_ place: Int) -> UInt16 { UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8 }
        func string(_ pointer: Int) -> String {
            // The high bit of a place tells which part of the memory it is in; it repeats.
            let (place, count) = (Int(bytes[pointer]) % bytes.count, Int(bytes[pointer + 1]))
            guard count > 2, place + count <= bytes.count else { return "" }
            let characters = stride(from: place + 2, to: place + count - 1, by: 2).map { word($0) }
            return String(decoding: characters, as: UTF16.self)
        }
        vendor = word(0x02)
        product = word(0x04)
        release = word(0x06)
        isSelfPowered = bytes[0x08] & 0x40 != 0
        canWakeHost = bytes[0x08] & 0x20 != 0
        maxPower = 2 * Int(bytes[0x09])
        manufacturer = string(0x0E)
        productName = string(0x10)
        serial = bytes[0x0A] & Self.usesSerial == 0 ? nil : string(0x12)
        isValid = Self.checksum(bytes, isFT230X: isFT230X) == word(bytes.count & ~1 - 2)
    }

    /// Words of the FT230X's own that its checksum passes over.
    private static let userWords = 0x12..<0x40

    /// Over all words but the last: from 0xAAAA on, exclusive or, then left by one.
    private static func checksum(_ bytes: [UInt8], isFT230X: Bool) -> UInt16 {
        var sum: UInt16 = 0xAAAA
        for word in 0..<bytes.count / 2 - 1 where !(isFT230X && userWords.contains(word)) {
            let mixed = sum ^ (UInt16(bytes[2 * word]) | UInt16(bytes[2 * word + 1]) << 8)
            sum = mixed << 1 | mixed >> 15
        }
        return sum
    }
}
