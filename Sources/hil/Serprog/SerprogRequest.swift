/// flashrom's serial flasher protocol, version 1, as far as a programmer with an SPI bus needs it
/// (flashrom, Documentation/serprog-protocol.txt).
enum SerprogCommand: UInt8, CaseIterable {
    case nop = 0x00
    case queryInterface = 0x01
    case queryCommands = 0x02
    case queryName = 0x03
    case querySerialBuffer = 0x04
    case queryBusTypes = 0x05
    case queryOperationBuffer = 0x07
    case queryLongestWrite = 0x08
    case clearOperations = 0x0B
    case addDelay = 0x0E
    case runOperations = 0x0F
    case syncNOP = 0x10
    case queryLongestRead = 0x11
    case setBusType = 0x12
    case operateSPI = 0x13
    case setSPISpeed = 0x14

    /// Bytes that follow it, but for the data of an SPI operation.
    var parameterCount: Int {
        switch self {
        case .setBusType: 1
        case .addDelay, .setSPISpeed: 4
        case .operateSPI: 6
        default: 0
        }
    }
}

/// What a client asks for.
enum SerprogRequest: Hashable {
    /// A command that has no parameters.
    case command(SerprogCommand)
    case setBusType(UInt8)
    case addDelay(microseconds: UInt32)
    case setSPISpeed(hertz: UInt32)
    case operateSPI(sent: [UInt8], reading: Int)
    /// An SPI operation with more to send than is taken. Its bytes have been passed over.
    case overlongSPI
    /// No command of ours.
    case unknown(UInt8)
}

/// Finds requests in the bytes of a client, however these are split. A plain value: it holds no more than one request,
/// and any row of bytes is a row of requests.
struct SerprogParser {
    /// The most bytes that an SPI operation can send.
    static let longestWrite = 1 << 20

    private var bytes: [UInt8] = []
    /// Those of `bytes` that have been used up.
    private var start = 0
    /// Bytes of an overlong operation that are still to come.
    private var passing = 0

    /// True in the middle of a request.
    var isWithinRequest: Bool { start < bytes.count || passing > 0 }

    mutating func append(_ new: some Collection<UInt8>) {
        bytes.removeFirst(start)
        start = 0
        bytes += new
    }

    /// The next whole request; nil if it has not come yet.
    mutating func next() -> SerprogRequest? {
        if passing > 0 {
            let passed = min(passing, bytes.count - start)
            start += passed
            passing -= passed
            return passing == 0 ? .overlongSPI : nil
        }
        guard start < bytes.count else { return nil }
        guard let command = SerprogCommand(rawValue: bytes[start]) else {
            start += 1
            return .unknown(bytes[start - 1])
        }
        let body = start + 1 + command.parameterCount
        guard body <= bytes.count else { return nil }
        switch command {
        case .setBusType:
            defer { start = body }
            return .setBusType(bytes[start + 1])
        case .addDelay:
            defer { start = body }
            return .addDelay(microseconds: UInt32(number(1, length: 4)))
        case .setSPISpeed:
            defer { start = body }
            return .setSPISpeed(hertz: UInt32(number(1, length: 4)))
        case .operateSPI: return operation(from: body)
        default:
            defer { start = body }
            return .command(command)
        }
    }

    private mutating func operation(from body: Int) -> SerprogRequest? {
        let (sending, reading) = (number(1, length: 3), number(4, length: 3))
        guard sending <= Self.longestWrite else {
            start = body
            passing = sending
            return next()
        }
        guard body + sending <= bytes.count else { return nil }
        defer { start = body + sending }
        return .operateSPI(sent: Array(bytes[body..<body + sending]), reading: reading)
    }

    /// A number behind the opcode, least significant byte first.
    private func number(_ place: Int, length: Int) -> Int {
        (0..<length).reduce(0) { $0 | Int(bytes[start + place + $1]) << (8 * $1) }
    }
}
