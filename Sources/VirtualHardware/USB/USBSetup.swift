/// The eight bytes that begin a control transfer (USB 2.0, section 9.3).
public struct USBSetup: Hashable, Sendable {
    public var requestType: UInt8
    public var request: UInt8
    public var value: UInt16
    public var index: UInt16
    /// Bytes of the data stage.
    public var length: UInt16

    public init(requestType: UInt8, request: UInt8, value: UInt16 = 0, index: UInt16 = 0, length: UInt16 = 0) {
        self.requestType = requestType
        self.request = request
        self.value = value
        self.index = index
        self.length = length
    }

    /// As they cross the wire; nil unless there are eight.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 8 else { return nil }
        let bytes = Array(bytes)
        func word(_ place: Int) -> UInt16 { UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8 }
        self.init(requestType: bytes[0], request: bytes[1], value: word(2), index: word(4), length: word(6))
    }

    /// The data stage goes to the host.
    public var isIn: Bool { requestType & 0x80 != 0 }

    public enum Kind: Sendable { case standard, `class`, vendor, reserved }

    public var kind: Kind {
        switch requestType >> 5 & 3 {
        case 0: .standard
        case 1: .class
        case 2: .vendor
        default: .reserved
        }
    }
}

/// Standard requests (USB 2.0, table 9-4).
enum USBRequest {
    static let getStatus: UInt8 = 0
    static let clearFeature: UInt8 = 1
    static let setFeature: UInt8 = 3
    static let setAddress: UInt8 = 5
    static let getDescriptor: UInt8 = 6
    static let getConfiguration: UInt8 = 8
    static let setConfiguration: UInt8 = 9
    static let getInterface: UInt8 = 10
    static let setInterface: UInt8 = 11
}
