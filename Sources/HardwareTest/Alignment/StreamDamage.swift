/// What a line did to a stream: bit errors, and what moved the bytes behind it.
///
/// In a stream of bytes, `received = inPlace + repeated + inserted` and `position = inPlace + lost` (bit slips apart),
/// whatever happened.
public struct StreamDamage: Hashable, Sendable, Codable {
    /// Bits that came back different, in bytes that are in their place.
    public var bitErrors = 0
    /// The bytes that have them.
    public var damagedBytes = 0
    /// Bytes in runs that look like nothing that was sent near there; their bits are not counted.
    public var garbledBytes = 0
    /// Bytes that never came.
    public var lostBytes = 0
    /// Bytes that came once more than they were sent.
    public var repeatedBytes = 0
    /// Bytes that came and were not sent.
    public var insertedBytes = 0
    /// How often the stream moved by a number of bits that is no whole byte: a clock too many, or too few.
    public var bitSlips = 0
    /// Bit errors where a 0 was sent, and where a 1 was.
    public var zerosReadAsOne = 0
    public var onesReadAsZero = 0
    /// Bit errors by the weight of the bit, lowest first.
    public var errorsByBit = [Int](repeating: 0, count: 8)
    /// The first of what happened, in the order of the stream, at most `mostEvents`.
    public var events: [Event] = []
    /// How many events there were.
    public var eventCount = 0
    /// Where they are.
    public var map = ErrorMap()

    public init() {}

    public static let mostEvents = 1000

    public struct Event: Hashable, Sendable, Codable {
        public enum Kind: String, Hashable, Sendable, Codable {
            case bitError, garbled, lost, `repeated`, inserted, bitSlip
        }

        public var kind: Kind
        /// The place in what was sent: of the byte damaged, of the first one lost or repeated, or of the one before
        /// which something came in between.
        public var position: Int
        /// Bits that differ; bytes lost, repeated or inserted; bits slipped, above 0 if bits are missing.
        public var count: Int

        public init(_ kind: Kind, at position: Int, count: Int) {
            self.kind = kind
            self.position = position
            self.count = count
        }
    }

    /// Nothing happened.
    public var isClean: Bool { eventCount == 0 }

    /// Bytes that are damaged, missing, or too many; a bit slip counts as one.
    public var badBytes: Int {
        damagedBytes + garbledBytes + lostBytes + repeatedBytes + insertedBytes + bitSlips
    }

    mutating func note(_ kind: Event.Kind, at position: Int, count: Int) {
        switch kind {
        case .bitError: damagedBytes += 1
        case .garbled: garbledBytes += count
        case .lost: lostBytes += count
        case .repeated: repeatedBytes += count
        case .inserted: insertedBytes += count
        case .bitSlip: bitSlips += 1
        }
        map.note(position, count: kind == .garbled ? count : 1)
        if kind == .garbled, let last = events.last, last.kind == .garbled, last.position + last.count == position {
            events[events.count - 1].count += count
            return
        }
        eventCount += 1
        if events.count < Self.mostEvents { events.append(Event(kind, at: position, count: count)) }
    }

    /// A byte in its place whose bits in `difference` came back different from `sent`.
    mutating func noteBitErrors(_ difference: UInt8, sent: UInt8, at position: Int) {
        bitErrors += difference.nonzeroBitCount
        onesReadAsZero += (difference & sent).nonzeroBitCount
        zerosReadAsOne += (difference & ~sent).nonzeroBitCount
        for bit in 0..<8 where difference >> UInt8(bit) & 1 == 1 { errorsByBit[bit] += 1 }
        note(.bitError, at: position, count: difference.nonzeroBitCount)
    }

    /// Adds what happened in another run of the same length.
    public mutating func add(_ other: StreamDamage) {
        bitErrors += other.bitErrors
        damagedBytes += other.damagedBytes
        garbledBytes += other.garbledBytes
        lostBytes += other.lostBytes
        repeatedBytes += other.repeatedBytes
        insertedBytes += other.insertedBytes
        bitSlips += other.bitSlips
        zerosReadAsOne += other.zerosReadAsOne
        onesReadAsZero += other.onesReadAsZero
        for bit in 0..<8 { errorsByBit[bit] += other.errorsByBit[bit] }
        eventCount += other.eventCount
        events += other.events.prefix(Self.mostEvents - events.count)
        map.add(other.map)
    }
}

/// How many events there were in each stretch of a stream. The stretches grow with it, so that no length has to be
/// known.
public struct ErrorMap: Hashable, Sendable, Codable {
    /// Bytes in a stretch, a power of two.
    public private(set) var stretch = 1
    /// Events in each stretch from the beginning on.
    public private(set) var counts: [Int] = []

    public static let mostStretches = 256

    public init() {}

    mutating func note(_ position: Int, count: Int = 1) {
        let position = max(0, position)
        while position / stretch >= Self.mostStretches { double() }
        let place = position / stretch
        if place >= counts.count { counts += [Int](repeating: 0, count: place + 1 - counts.count) }
        counts[place] += count
    }

    mutating func add(_ other: ErrorMap) {
        widen(to: other.stretch)
        for (place, count) in other.counts.enumerated() where count > 0 { note(place * other.stretch, count: count) }
    }

    /// Makes the stretches that long, if they are shorter. A power of two.
    public mutating func widen(to stretch: Int) {
        while self.stretch < stretch { double() }
    }

    private mutating func double() {
        stretch *= 2
        counts = Swift.stride(from: 0, to: counts.count, by: 2).map { place in
            counts[place] + (place + 1 < counts.count ? counts[place + 1] : 0)
        }
    }
}
