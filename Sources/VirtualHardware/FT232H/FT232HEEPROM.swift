/// The 93C56 beside an FT232H: 256 bytes that say who the device is, in the layout that libftdi and pyftdi decode.
public struct FT232HEEPROM: Hashable, Sendable {
    public static let size = 256
    /// Where the strings begin on this chip.
    private static let stringsStart = 0xA0
    /// Strings may fill what lies between there and the checksum: characters of two bytes, and two bytes a string.
    public static let stringCapacity = (size - 2 - stringsStart - 6) / 2

    /// The words as the chip reads them, low byte first.
    public private(set) var bytes: [UInt8]

    /// As it comes from the factory, or after an erase: it says nothing.
    public static let blank = FT232HEEPROM(bytes: [UInt8](repeating: 0xFF, count: size))

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameters:
    ///   - serial: cut off, with the other strings, where together they are longer than `stringCapacity`. Empty: the
    ///     device has none.
    ///   - maxPower: milliamperes that it may draw: 0…500.
    public init(
        vendor: UInt16 = 0x0403, product: UInt16 = 0x6014, manufacturer: String = "FTDI",
        productName: String = "Single RS232-HS", serial: String = "FTHIL001", maxPower: Int = 100
    ) {
        bytes = [UInt8](repeating: 0, count: Self.size)
        // Channel A is a UART, driven as a virtual COM port.
        bytes[0x01] = 0x10
        setWord(1, vendor)
        setWord(2, product)
        setWord(3, 0x0900)
        bytes[0x08] = 0x80
        bytes[0x09] = UInt8(min(max(maxPower, 0), 500) / 2)
        if !serial.isEmpty { bytes[0x0A] = Self.usesSerial }
        // 4 mA on both groups of pins, and a 93C56.
        bytes[0x1E] = 0x56
        var (place, room) = (Self.stringsStart, Self.stringCapacity)
        for (pointer, string) in [(0x0E, manufacturer), (0x10, productName), (0x12, serial)] {
            let characters = Array(string.utf16.prefix(room))
            room -= characters.count
            bytes[pointer] = UInt8(place)
            bytes[pointer + 1] = UInt8(2 + 2 * characters.count)
            bytes[place] = bytes[pointer + 1]
            bytes[place + 1] = 0x03
            place += 2
            for character in characters {
                bytes[place] = UInt8(truncatingIfNeeded: character)
                bytes[place + 1] = UInt8(character >> 8)
                place += 2
            }
        }
        seal()
    }

    private static let usesSerial: UInt8 = 0x08

    // MARK: Words

    /// The word at an address, which counts words; 0xFFFF beyond the last.
    public func word(_ address: Int) -> UInt16 {
        guard (0..<Self.size / 2).contains(address) else { return 0xFFFF }
        return UInt16(bytes[2 * address]) | UInt16(bytes[2 * address + 1]) << 8
    }

    mutating func setWord(_ address: Int, _ word: UInt16) {
        guard (0..<Self.size / 2).contains(address) else { return }
        bytes[2 * address] = UInt8(truncatingIfNeeded: word)
        bytes[2 * address + 1] = UInt8(word >> 8)
    }

    /// The checksum over all words but the last, where it stands: from 0xAAAA on, exclusive or, then left by one.
    public var checksum: UInt16 {
        (0..<Self.size / 2 - 1).reduce(0xAAAA) { sum, address in
            let mixed = sum ^ word(address)
            return mixed << 1 | mixed >> 15
        }
    }

    public var isValid: Bool { word(Self.size / 2 - 1) == checksum }

    private mutating func seal() {
        setWord(Self.size / 2 - 1, checksum)
    }

    // MARK: What it says

    var vendor: UInt16 { word(1) }
    var product: UInt16 { word(2) }
    var release: UInt16 { word(3) }
    var attributes: UInt8 { bytes[0x08] }
    /// In units of 2 mA.
    var maxPower: UInt8 { bytes[0x09] }
    public var manufacturer: String { string(0x0E) }
    public var productName: String { string(0x10) }
    /// Empty if the device has none.
    public var serial: String { bytes[0x0A] & Self.usesSerial == 0 ? "" : string(0x12) }

    private func string(_ pointer: Int) -> String {
        let (place, count) = (Int(bytes[pointer]), Int(bytes[pointer + 1]))
        guard count > 2, place + count <= Self.size else { return "" }
        let characters = stride(from: place + 2, to: place + count - 1, by: 2).map {
            UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        return String(decoding: characters, as: UTF16.self)
    }
}
