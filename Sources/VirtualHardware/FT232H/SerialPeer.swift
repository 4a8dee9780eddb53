import RTOS

/// One character on a serial line, with how it was sent.
public struct SerialCharacter: Hashable, Sendable {
    public var byte: UInt8
    public var format: LineFormat
    /// Bits a second.
    public var rate: UInt32
    /// The line was low for the whole of the character, as during a break.
    public var isBreak: Bool

    public init(_ byte: UInt8, format: LineFormat = LineFormat(), rate: UInt32, isBreak: Bool = false) {
        self.byte = byte
        self.format = format
        self.rate = rate
        self.isBreak = isBreak
    }
}

/// What is at the other end of a virtual UART's lines. A new one is a type that conforms to this.
public protocol SerialPeer: Sendable {
    /// CTS, DSR, RI and DCD as it drives them.
    var lines: ModemLines { get }
    /// When the next character will have come in over RX; nil if none is under way.
    var nextArrival: MonotonicTime? { get }

    /// A character has left TX, with the end of its last stop bit at `time`.
    mutating func receive(_ character: SerialCharacter, at time: MonotonicTime)
    /// The character whose time `nextArrival` told.
    mutating func takeArrival() -> SerialCharacter?
    /// The chip drives DTR and RTS anew.
    mutating func setLines(dtr: Bool, rts: Bool, at time: MonotonicTime)
}

/// Wires from TX to RX, from RTS to CTS, and from DTR to DSR and DCD.
public struct SerialLoopback: SerialPeer {
    private var character: SerialCharacter?
    public private(set) var nextArrival: MonotonicTime?
    public private(set) var lines: ModemLines = []

    public init() {}

    public mutating func receive(_ character: SerialCharacter, at time: MonotonicTime) {
        self.character = character
        nextArrival = time
    }

    public mutating func takeArrival() -> SerialCharacter? {
        defer { (character, nextArrival) = (nil, nil) }
        return character
    }

    public mutating func setLines(dtr: Bool, rts: Bool, at time: MonotonicTime) {
        lines = dtr ? [.dsr, .dcd] : []
        if rts { lines.insert(.cts) }
    }
}

/// A UART at the other end: notes what comes, and sends what it is given, at its own rate and in its own format.
public struct SerialFarEnd: SerialPeer {
    public struct Received: Hashable, Sendable {
        public let character: SerialCharacter
        public let time: MonotonicTime
    }

    /// What has come from the chip, in order.
    public var received: [Received] = []
    public var format = LineFormat()
    /// Bits a second: at least 1.
    public var rate: UInt32 { didSet { rate = max(rate, 1) } }
    public var lines: ModemLines
    public private(set) var dtr = false
    public private(set) var rts = false
    /// What is on its way to the chip, with when its last stop bit ends.
    private var sending: [(character: SerialCharacter, time: MonotonicTime)] = []
    private var sent = 0

    public init(rate: UInt32 = 9600, lines: ModemLines = [.cts, .dsr]) {
        self.rate = max(rate, 1)
        self.lines = lines
    }

    /// Sends characters one after another, the first at `now` or behind what is still on its way.
    public mutating func send(_ bytes: [UInt8], isBreak: Bool = false, at now: MonotonicTime) {
        let taking = format.halfBits * 500_000_000 / UInt64(rate)
        var time = max(now, sending.last?.time ?? now)
        for byte in bytes {
            time = time.advanced(byNanoseconds: taking)
            sending.append((SerialCharacter(byte, format: format, rate: rate, isBreak: isBreak), time))
        }
    }

    public var nextArrival: MonotonicTime? { sent < sending.count ? sending[sent].time : nil }

    public mutating func takeArrival() -> SerialCharacter? {
        guard sent < sending.count else { return nil }
        sent += 1
        return sending[sent - 1].character
    }

    public mutating func receive(_ character: SerialCharacter, at time: MonotonicTime) {
        received.append(Received(character: character, time: time))
    }

    public mutating func setLines(dtr: Bool, rts: Bool, at time: MonotonicTime) {
        (self.dtr, self.rts) = (dtr, rts)
    }
}
