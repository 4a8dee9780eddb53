/// The descriptors of an FT232H (USB 2.0, section 9.6), with what its EEPROM says in them.
struct FT232HDescriptors: Hashable, Sendable {
    private enum Kind {
        static let device: UInt8 = 1
        static let configuration: UInt8 = 2
        static let string: UInt8 = 3
        static let interface: UInt8 = 4
        static let endpoint: UInt8 = 5
        static let qualifier: UInt8 = 6
        static let otherSpeed: UInt8 = 7
    }

    private let speed: USBSpeed
    private let identity: FT232HEEPROM

    /// What the chip says of itself when its EEPROM says nothing valid.
    private static let withoutEEPROM = FT232HEEPROM(serial: "")

    init(eeprom: FT232HEEPROM, speed: USBSpeed) {
        self.speed = speed
        identity = eeprom.isValid ? eeprom : Self.withoutEEPROM
    }

    /// nil for a descriptor that the chip does not have.
    ///
    /// - Parameter value: of the request: type in the high byte, number in the low one.
    func descriptor(_ value: UInt16) -> [UInt8]? {
        switch UInt8(value >> 8) {
        case Kind.device: device
        case Kind.configuration: value & 0xFF == 0 ? configuration(Kind.configuration, at: speed) : nil
        case Kind.string: string(Int(value & 0xFF))
        case Kind.qualifier: qualifier
        case Kind.otherSpeed: configuration(Kind.otherSpeed, at: speed == .high ? .full : .high)
        default: nil
        }
    }

    private static func low(_ word: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: word) }
    private static func high(_ word: UInt16) -> UInt8 { UInt8(word >> 8) }

    private var device: [UInt8] {
        [
            18, Kind.device, 0x00, 0x02, 0, 0, 0, 64,
            Self.low(identity.vendor), Self.high(identity.vendor), Self.low(identity.product),
            Self.high(identity.product), Self.low(identity.release), Self.high(identity.release),
            1, 2, identity.serial.isEmpty ? 0 : 3, 1,
        ]
    }

    /// One interface of FTDI's own class, with a bulk endpoint each way.
    private func configuration(_ kind: UInt8, at speed: USBSpeed) -> [UInt8] {
        let size = UInt16(speed.bulkPacketSize)
        func endpoint(_ address: UInt8) -> [UInt8] {
            [7, Kind.endpoint, address, 2, Self.low(size), Self.high(size), 0]
        }
        return [9, kind, 32, 0, 1, 1, 0, identity.attributes | 0x80, identity.maxPower]
            + [9, Kind.interface, 0, 0, 2, 0xFF, 0xFF, 0xFF, 2]
            + endpoint(VirtualFT232H.inEndpoint) + endpoint(VirtualFT232H.outEndpoint)
    }

    private var qualifier: [UInt8] { [10, Kind.qualifier, 0x00, 0x02, 0, 0, 0, 64, 1, 0] }

    private func string(_ number: Int) -> [UInt8]? {
        switch number {
        // US English.
        case 0: [4, Kind.string, 0x09, 0x04]
        case 1: string(identity.manufacturer)
        case 2: string(identity.productName)
        case 3 where !identity.serial.isEmpty: string(identity.serial)
        default: nil
        }
    }

    private func string(_ text: String) -> [UInt8] {
        let bytes = text.utf16.prefix(126).flatMap { [Self.low($0), Self.high($0)] }
        return [UInt8(2 + bytes.count), Kind.string] + bytes
    }
}
