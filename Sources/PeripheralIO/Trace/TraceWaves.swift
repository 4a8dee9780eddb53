/// A trace as waves: each bit where it was on the wire, as far as the clock and the time of each transfer tell.
extension Trace {
    /// Writes a value change dump with the wires CS, SCK, MOSI and MISO, or TX and RX. MISO is low where nobody looked
    /// at what came in.
    public func writeWaves(to put: @escaping ([UInt8]) throws -> Void) throws {
        switch header.line {
        case .spi(let settings):
            var waves = SPIWaves(settings, speed: header.speed, comment: header.device, put: put)
            for event in events { try waves.add(event) }
            try waves.finish()
        case .uart(let settings):
            try UARTWaves(settings, speed: header.speed, events).write(comment: header.device, put: put)
        }
    }
}

private struct SPIWaves {
    private enum Wire {
        static let (select, clock, out, `in`) = (0, 1, 2, 3)
    }

    private let settings: SPISettings
    private var vcd: VCDWriter
    /// Picoseconds of half a period of SCK: nanoseconds would add up to bits.
    private var half: UInt64
    private var isHeld = false
    private var isSelected = false
    /// Picoseconds, from where on the bus is free.
    private var now: UInt64 = 0

    init(_ settings: SPISettings, speed: UInt32, comment: String, put: @escaping ([UInt8]) throws -> Void) {
        self.settings = settings
        half = Self.half(speed)
        vcd = VCDWriter(
            [
                ("CS", !settings.chipSelectIsHigh), ("SCK", settings.mode & 2 != 0), ("MOSI", true), ("MISO", true),
            ], comment: comment, put: put)
    }

    private static func half(_ speed: UInt32) -> UInt64 { 500_000_000_000 / UInt64(max(speed, 1)) }

    mutating func add(_ event: TraceEvent) throws {
        now = max(now, event.time * 1000)
        switch event.what {
        case .transfer(let sent, let reading, let received):
            try select(true)
            let isDuplex = reading == 0 && received.count == sent.count
            for place in 0..<sent.count + reading {
                let out = place < sent.count ? sent[place] : settings.dummyByte
                let into =
                    isDuplex
                    ? received[place] : place < sent.count || received.isEmpty ? 0 : received[place - sent.count]
                try shift(out, into)
            }
            if !isHeld { try select(false) }
        case .speed(let speed): half = Self.half(speed)
        case .hold(let holds):
            isHeld = holds
            if !holds { try select(false) }
        case .sent, .received: break
        }
    }

    private mutating func select(_ selects: Bool) throws {
        guard isSelected != selects else { return }
        isSelected = selects
        if settings.chipSelect == nil { return }
        // Half a clock before the first edge, and behind the last; a whole one between two transfers.
        if !selects { now += half }
        try vcd.set(Wire.select, to: selects == settings.chipSelectIsHigh, at: now / 1000)
        now += selects ? half : 2 * half
    }

    private mutating func shift(_ out: UInt8, _ into: UInt8) throws {
        let idlesHigh = settings.mode & 2 != 0
        for bit in 0..<8 {
            let mask: UInt8 = settings.leastSignificantFirst ? 1 << UInt8(bit) : 0x80 >> UInt8(bit)
            // Phase 0: data first, then the edge that samples. Phase 1: data with the leading edge.
            if settings.mode & 1 != 0 { try vcd.set(Wire.clock, to: !idlesHigh, at: now / 1000) }
            try vcd.set(Wire.out, to: out & mask != 0, at: now / 1000)
            try vcd.set(Wire.in, to: into & mask != 0, at: now / 1000)
            try vcd.set(Wire.clock, to: (settings.mode & 1 != 0) == idlesHigh, at: (now + half) / 1000)
            now += 2 * half
            if settings.mode & 1 == 0 { try vcd.set(Wire.clock, to: idlesHigh, at: now / 1000) }
        }
    }

    mutating func finish() throws {
        if isSelected { try select(false) }
        try vcd.finish(at: (now + 2 * half) / 1000)
    }
}

/// The two wires of a serial line, each a row of frames.
private struct UARTWaves {
    private struct Frame {
        /// Picoseconds, when its start bit begins, and how long a bit is.
        var start: UInt64
        var bit: UInt64
        var byte: UInt8
    }

    private let settings: SerialSettings
    private var transmitted: [Frame] = []
    private var received: [Frame] = []

    init(_ settings: SerialSettings, speed: UInt32, _ events: [TraceEvent]) {
        self.settings = settings
        let bits = UInt64(settings.bitsPerCharacter)
        var (bit, sentUntil, receivedUntil) = (1_000_000_000_000 / UInt64(max(speed, 1)), UInt64(0), UInt64(0))
        for event in events {
            switch event.what {
            case .sent(let bytes):
                sentUntil = max(sentUntil, event.time * 1000)
                for byte in bytes {
                    transmitted.append(Frame(start: sentUntil, bit: bit, byte: byte))
                    sentUntil += bits * bit
                }
            case .received(let bytes):
                // What is there has been on the wire just before.
                let length = UInt64(bytes.count) * bits * bit
                let end = event.time * 1000
                receivedUntil = max(receivedUntil, end > length ? end - length : 0)
                for byte in bytes {
                    received.append(Frame(start: receivedUntil, bit: bit, byte: byte))
                    receivedUntil += bits * bit
                }
            case .speed(let speed): bit = 1_000_000_000_000 / UInt64(max(speed, 1))
            case .transfer, .hold: break
            }
        }
    }

    /// The levels of a frame's bits: start, data, parity, stop.
    private func levels(_ byte: UInt8) -> [Bool] {
        let data = (0..<settings.dataBits).map { byte >> UInt8($0) & 1 != 0 }
        let isOdd = data.count { $0 } % 2 != 0
        let parity: [Bool] =
            switch settings.parity {
            case .none: []
            case .even: [isOdd]
            case .odd: [!isOdd]
            case .mark: [true]
            case .space: [false]
            }
        return [false] + data + parity + Array(repeating: true, count: settings.stopBits)
    }

    func write(comment: String, put: @escaping ([UInt8]) throws -> Void) throws {
        var vcd = VCDWriter([("TX", true), ("RX", true)], comment: comment, put: put)
        var lines = [Line(frames: transmitted), Line(frames: received)]
        var end: UInt64 = 0
        // The two lines go on side by side: the next bit is of the one whose bit comes earlier.
        while true {
            let times = lines.map { $0.next ?? .max }
            let wire = times[0] <= times[1] ? 0 : 1
            guard times[wire] < .max else { break }
            let level = lines[wire].take(levels)
            try vcd.set(wire, to: level, at: times[wire] / 1000)
            end = max(end, lines[wire].end)
        }
        try vcd.finish(at: end / 1000)
    }

    private struct Line {
        let frames: [Frame]
        private var place = 0
        private var bits: [Bool] = []
        private var bit = 0
        /// Picoseconds, when the bit that was taken last is over.
        private(set) var end: UInt64 = 0

        init(frames: [Frame]) { self.frames = frames }

        /// When the next bit begins.
        var next: UInt64? {
            place < frames.count ? frames[place].start + UInt64(bit) * frames[place].bit : nil
        }

        mutating func take(_ levels: (UInt8) -> [Bool]) -> Bool {
            let frame = frames[place]
            if bit == 0 { bits = levels(frame.byte) }
            let level = bits[bit]
            bit += 1
            end = frame.start + UInt64(bit) * frame.bit
            if bit == bits.count { (place, bit) = (place + 1, 0) }
            return level
        }
    }
}
