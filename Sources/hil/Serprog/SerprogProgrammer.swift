import PeripheralIO

/// What answers requests: flashrom's protocol on one side, an SPI bus on the other.
struct SerprogProgrammer {
    /// The bus, as it is seen from here.
    protocol Bus {
        /// Sends, then reads, under one chip select.
        func transact(_ sent: [UInt8], reading count: Int) throws -> [UInt8]
        /// Sets the clock, and answers the one in force; throws if there is none as slow.
        func setSpeed(_ hertz: UInt32) throws -> UInt32
        var speed: UInt32 { get }
        func wait(_ nanoseconds: UInt64) throws
    }

    static let acknowledge: UInt8 = 0x06
    static let refuse: UInt8 = 0x15
    /// SPI among the bus types, which are bits.
    private static let spi: UInt8 = 0x08
    private static let name = "hilbridge"
    /// Bytes that are to be read at once: a piece that is soon there, so that a bus that hangs is soon found out.
    private static let longestRead: UInt32 = 1 << 16
    /// Bytes that a delay takes in the operation buffer, and how many the buffer has.
    private static let (delayLength, operationLength) = (5, 0xFFFF)

    /// Delays in the operation buffer, and their sum in nanoseconds.
    private var (delays, delay) = (0, UInt64(0))

    /// Does what is asked, and answers the reply.
    ///
    /// - Throws: what the bus fails with, if it cannot be used any more; what it merely refuses is a reply.
    mutating func reply(to request: SerprogRequest, on bus: some Bus) throws -> [UInt8] {
        switch request {
        case .command(let command): return try reply(to: command, on: bus)
        case .setBusType(let types): return [types & Self.spi != 0 ? Self.acknowledge : Self.refuse]
        case .addDelay(let microseconds):
            guard (delays + 1) * Self.delayLength <= Self.operationLength else { return [Self.refuse] }
            delays += 1
            delay += UInt64(microseconds) * 1000
            return [Self.acknowledge]
        case .setSPISpeed(let hertz):
            guard hertz > 0 else { return [Self.refuse] }
            return Self.acknowledged(Self.set(hertz, on: bus), length: 4)
        case .operateSPI(let sent, let count):
            do {
                return [Self.acknowledge] + (sent.isEmpty && count == 0 ? [] : try bus.transact(sent, reading: count))
            } catch PeripheralError.timedOut {
                return [Self.refuse]
            }
        case .overlongSPI, .unknown: return [Self.refuse]
        }
    }

    private mutating func reply(to command: SerprogCommand, on bus: some Bus) throws -> [UInt8] {
        switch command {
        case .queryInterface: return Self.acknowledged(1, length: 2)
        case .queryCommands: return [Self.acknowledge] + Self.commandMap
        case .queryName:
            return [Self.acknowledge] + Array(Self.name.utf8) + Array(repeating: 0, count: 16 - Self.name.utf8.count)
        // TCP has flow control: any number of bytes can be sent at once.
        case .querySerialBuffer: return Self.acknowledged(0xFFFF, length: 2)
        case .queryBusTypes: return [Self.acknowledge, Self.spi]
        case .queryOperationBuffer: return Self.acknowledged(UInt32(Self.operationLength), length: 2)
        case .queryLongestWrite: return Self.acknowledged(UInt32(SerprogParser.longestWrite), length: 3)
        case .queryLongestRead: return Self.acknowledged(Self.longestRead, length: 3)
        case .clearOperations: (delays, delay) = (0, 0)
        case .runOperations:
            let waiting = delay
            (delays, delay) = (0, 0)
            try bus.wait(waiting)
        case .syncNOP: return [Self.refuse, Self.acknowledge]
        case .nop, .setBusType, .addDelay, .setSPISpeed, .operateSPI: break
        }
        return [Self.acknowledge]
    }

    /// Bit n of the map is command n.
    private static var commandMap: [UInt8] {
        var map = [UInt8](repeating: 0, count: 32)
        for command in SerprogCommand.allCases { map[Int(command.rawValue / 8)] |= 1 << (command.rawValue % 8) }
        return map
    }

    private static func acknowledged(_ number: UInt32, length: Int) -> [UInt8] {
        [acknowledge] + (0..<length).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
    }

    /// The clock that is not above the one asked for, or, if there is none, the slowest there is.
    private static func set(_ hertz: UInt32, on bus: some Bus) -> UInt32 {
        if let speed = try? bus.setSpeed(hertz) { return speed }
        var (refused, taken) = (hertz, bus.speed)
        while taken > refused, taken - refused > 1 {
            let middle = refused + (taken - refused) / 2
            if (try? bus.setSpeed(middle)) != nil { taken = middle } else { refused = middle }
        }
        return (try? bus.setSpeed(taken)) ?? bus.speed
    }
}
