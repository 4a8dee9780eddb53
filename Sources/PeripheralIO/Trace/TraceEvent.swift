/// What a trace is of: written once, at its beginning.
public struct TraceHeader: Hashable, Sendable {
    public enum Line: Hashable, Sendable {
        case spi(SPISettings)
        case uart(SerialSettings)
    }

    /// The device's name.
    public var device: String
    public var line: Line
    /// Bits per second in force at the beginning.
    public var speed: UInt32
    /// When it began, as a date and time with its zone.
    public var startedAt: String

    public init(device: String, line: Line, speed: UInt32, startedAt: String) {
        self.device = device
        self.line = line
        self.speed = speed
        self.startedAt = startedAt
    }
}

/// Something that happened on a traced device.
public struct TraceEvent: Hashable, Sendable {
    public enum What: Hashable, Sendable {
        /// A transfer on an SPI bus: `sent`, then, if `reading` is not 0, so many bytes while dummy bytes go out. What
        /// came in is `received`: all of it (full duplex), or what was read; empty if nobody looked.
        case transfer(sent: [UInt8], reading: Int, received: [UInt8])
        /// Bytes given to a serial line.
        case sent([UInt8])
        /// Bytes that came from a serial line.
        case received([UInt8])
        /// Another speed is in force.
        case speed(UInt32)
        /// Chip select stays asserted between transfers, or no longer.
        case hold(Bool)
    }

    /// Nanoseconds since the trace began: of the first bit of what is sent, or when what came in was there.
    public var time: UInt64
    /// Nanoseconds on the wire.
    public var duration: UInt64
    public var what: What

    public init(time: UInt64, duration: UInt64 = 0, _ what: What) {
        self.time = time
        self.duration = duration
        self.what = what
    }

    /// Bytes on the wire.
    public var length: Int {
        switch what {
        case .transfer(let sent, let reading, _): sent.count + reading
        case .sent(let bytes), .received(let bytes): bytes.count
        case .speed, .hold: 0
        }
    }
}

/// A trace, read back.
public struct Trace: Hashable, Sendable {
    public var header: TraceHeader
    public var events: [TraceEvent]

    public init(header: TraceHeader, events: [TraceEvent] = []) {
        self.header = header
        self.events = events
    }
}
