/// What a USB/IP client asks for.
public enum USBIPRequest: Hashable, Sendable {
    case deviceList
    case importDevice(busID: String)
    case submit(USBIPSubmission)
    /// To take back the submission with this sequence number.
    case unlink(sequence: UInt32, target: UInt32)
}

/// CMD_SUBMIT: a URB for the server's device.
public struct USBIPSubmission: Hashable, Sendable {
    public var sequence: UInt32
    /// With the direction in bit 7; 0 for control transfers.
    public var endpoint: UInt8
    public var isIn: Bool
    public var flags: UInt32
    /// Bytes of the transfer's buffer.
    public var length: Int
    public var setup: [UInt8]
    /// What goes to the device.
    public var data: [UInt8]
}

/// Cuts the byte stream of a USB/IP client into requests, however it was split: a plain value, without a socket.
///
/// A stream that breaks the protocol is at its end: `next` throws now and from then on, and the connection is to be
/// closed.
public struct USBIPParser: Sendable {
    /// The longest transfer that is taken, in bytes: the most that usbfs has memory for by default.
    public static let longestTransfer = 16 << 20

    public enum Failure: Error, Hashable, Sendable {
        case version(UInt16)
        case unknownOperation(UInt16)
        case unknownCommand(UInt32)
        case badEndpoint(UInt32)
        case badDirection(UInt32)
        case badLength(Int32)
        /// Isochronous transfers, which no device here has.
        case isochronous
    }

    private var buffer: [UInt8] = []
    private var head = 0
    /// The device has been imported: what follows are commands.
    public var isAttached = false
    private var failure: Failure?

    public init() {}

    /// Bytes that have come and make no whole request yet.
    public var waiting: Int { buffer.count - head }

    public mutating func append(_ bytes: some Sequence<UInt8>) {
        guard failure == nil else { return }
        buffer.append(contentsOf: bytes)
    }

    /// The next request; nil if more bytes are needed.
    public mutating func next() throws(Failure) -> USBIPRequest? {
        if let failure { throw failure }
        do throws(Failure) {
            let request = isAttached ? try command() : try operation()
            if head == buffer.count || head > 65536 {
                buffer.removeFirst(head)
                head = 0
            }
            return request
        } catch {
            failure = error
            buffer = []
            head = 0
            throw error
        }
    }

    private func word(_ place: Int) -> UInt32 {
        buffer[head + place..<head + place + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func half(_ place: Int) -> UInt16 {
        UInt16(buffer[head + place]) << 8 | UInt16(buffer[head + place + 1])
    }

    private mutating func operation() throws(Failure) -> USBIPRequest? {
        guard waiting >= USBIP.operationHeaderSize else { return nil }
        // Older and newer clients of the same generation say the same: 0x0106 to 0x0111.
        guard half(0) >> 8 == USBIP.version >> 8 else { throw .version(half(0)) }
        switch half(2) {
        case USBIP.Operation.requestDeviceList:
            head += USBIP.operationHeaderSize
            return .deviceList
        case USBIP.Operation.requestImport:
            let size = USBIP.operationHeaderSize + USBIP.busIDSize
            guard waiting >= size else { return nil }
            let text = buffer[head + USBIP.operationHeaderSize..<head + size].prefix { $0 != 0 }
            head += size
            return .importDevice(busID: String(decoding: text, as: UTF8.self))
        default: throw .unknownOperation(half(2))
        }
    }

    private mutating func command() throws(Failure) -> USBIPRequest? {
        guard waiting >= USBIP.commandHeaderSize else { return nil }
        let sequence = word(4)
        switch word(0) {
        case USBIP.Command.unlink:
            let target = word(20)
            head += USBIP.commandHeaderSize
            return .unlink(sequence: sequence, target: target)
        case USBIP.Command.submit:
            guard let submission = try submission(sequence) else { return nil }
            return .submit(submission)
        default: throw .unknownCommand(word(0))
        }
    }

    private mutating func submission(_ sequence: UInt32) throws(Failure) -> USBIPSubmission? {
        let (direction, endpoint) = (word(12), word(16))
        guard direction <= 1 else { throw .badDirection(direction) }
        guard endpoint <= 15 else { throw .badEndpoint(endpoint) }
        let length = Int32(bitPattern: word(24))
        guard length >= 0, Int(length) <= Self.longestTransfer else { throw .badLength(length) }
        // Not isochronous: 0, or all ones.
        guard word(32) == 0 || word(32) == .max else { throw .isochronous }
        let isIn = direction == 1
        let size = USBIP.commandHeaderSize + (isIn ? 0 : Int(length))
        guard waiting >= size else { return nil }
        let submission = USBIPSubmission(
            sequence: sequence, endpoint: UInt8(endpoint) | (isIn && endpoint > 0 ? 0x80 : 0), isIn: isIn,
            flags: word(20), length: Int(length), setup: Array(buffer[head + 40..<head + 48]),
            data: Array(buffer[head + USBIP.commandHeaderSize..<head + size]))
        head += size
        return submission
    }
}
