/// Packets that each follow their length.
public struct LengthPrefixFraming: Hashable, Sendable {
    /// Bytes in the length, 1 to 4.
    public let width: Int
    public let isBigEndian: Bool
    /// Longer packets are skipped.
    public let longest: Int
    /// A silence of this many nanoseconds inside a packet means that bytes were lost, and the next byte begins a length.
    /// Without it a receiver that lost a byte stays out of step.
    public let gap: UInt64?

    public init(width: Int, isBigEndian: Bool = false, longest: Int, gap: UInt64? = nil) {
        precondition(width >= 1 && width <= 4 && longest > 0)
        self.width = width
        self.isBigEndian = isBigEndian
        self.longest = longest
        self.gap = gap
    }

    /// The largest length that the prefix can express.
    var largest: Int { Int(UInt32.max >> UInt32(32 - 8 * width)) }
}

/// Finds packets that each follow their length. A length of 0 is no packet.
public struct LengthPrefixDecoder: FrameDecoder, Hashable, Sendable {
    private enum State: Hashable {
        /// So many bytes of the length are there, and this is their value.
        case length(Int, UInt32)
        case inside(left: UInt32)
        case skipping(left: UInt32)
        /// The length was damaged: only a gap helps.
        case lost
    }

    private let framing: LengthPrefixFraming
    private var state = State.length(0, 0)
    private var last: UInt64 = 0

    public init(_ framing: LengthPrefixFraming) {
        self.framing = framing
    }

    /// What the silence before a byte at `time` means.
    private mutating func listen(_ time: UInt64) -> FrameFault? {
        defer { last = time }
        guard state != .length(0, 0), let gap = framing.gap, time &- last >= gap else { return nil }
        defer { state = .length(0, 0) }
        switch state {
        case .length, .inside: return .truncated
        case .skipping, .lost: return nil
        }
    }

    public mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal {
        let fault = listen(time)
        switch state {
        case .length(let count, let value):
            let value =
                framing.isBigEndian ? value << 8 | UInt32(byte) : value | UInt32(byte) << UInt32(8 * count)
            guard count + 1 == framing.width else {
                state = .length(count + 1, value)
                return fault.map { .fault($0) } ?? .none
            }
            if value > framing.longest {
                state = .skipping(left: value)
                return .fault(fault ?? .overlong)
            }
            state = value == 0 ? .length(0, 0) : .inside(left: value)
            if value == 0 { return fault.map { .fault($0) } ?? .none }
            return fault.map { .faultAndBegin($0, nil) } ?? .begin(nil)
        case .inside(let left):
            state = left == 1 ? .length(0, 0) : .inside(left: left - 1)
            return left == 1 ? .end(byte) : .data(byte)
        case .skipping(let left):
            state = left == 1 ? .length(0, 0) : .skipping(left: left - 1)
            return .none
        case .lost:
            return .none
        }
    }

    public mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int {
        guard case .inside(let left) = state else { return 0 }
        if let gap = framing.gap, time &- last >= gap { return 0 }
        // The packet's last byte ends it.
        let count = min(Int(left) - 1, bytes.count)
        state = .inside(left: left - UInt32(count))
        last = time
        return count
    }

    public mutating func decodeLineError(at time: UInt64) -> FrameSignal {
        _ = listen(time)
        switch state {
        case .length:
            state = framing.gap == nil ? .length(0, 0) : .lost
        case .inside(let left), .skipping(let left):
            state = left == 1 ? .length(0, 0) : .skipping(left: left - 1)
        case .lost:
            break
        }
        return .fault(.lineError)
    }

    public mutating func decodeSilence(until time: UInt64) -> FrameSignal {
        guard state != .length(0, 0), let gap = framing.gap, time &- last >= gap else { return .none }
        let before = last
        defer { last = before }
        return listen(time).map { .fault($0) } ?? .none
    }
}

/// Puts the length in front of each packet. An empty packet cannot be sent.
public struct LengthPrefixEncoder: FrameEncoder, Hashable, Sendable {
    private let framing: LengthPrefixFraming
    private var left = 0
    private var isFit = false

    public init(_ framing: LengthPrefixFraming) {
        self.framing = framing
    }

    public func largestSize(of count: Int) -> Int { count + framing.width }

    public mutating func begin(count: Int, into output: inout FrameOutput) {
        left = count
        isFit = count > 0 && count <= min(framing.longest, framing.largest)
        for place in 0..<framing.width {
            let shift = 8 * (framing.isBigEndian ? framing.width - 1 - place : place)
            output.append(UInt8(truncatingIfNeeded: count >> shift))
        }
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer, into output: inout FrameOutput) {
        output.append(bytes)
        left -= bytes.count
    }

    public mutating func end(into output: inout FrameOutput) -> Bool {
        isFit && left == 0 && !output.isOverfull
    }
}
