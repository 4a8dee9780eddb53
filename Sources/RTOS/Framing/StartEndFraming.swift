/// Packets between a start byte and an end byte, as in the UART routine of "Keeping the data in scope" of µC/OS-III's
/// manual: the first byte of a packet is unique, and so is the last.
///
/// Both bytes are part of the packet, as they are there, unless `keepsDelimiters` is false. With an escape byte, a byte
/// of the packet that is one of the three is sent as the escape and the byte exclusive-or `mask`, as HDLC does; without
/// one the packet must not contain them.
public struct StartEndFraming: Hashable, Sendable {
    public var start: UInt8
    public var end: UInt8
    public var escape: UInt8?
    public var mask: UInt8
    public var keepsDelimiters: Bool

    /// `start` and `end` may be the same byte; then an empty packet is none, and each packet still has both.
    ///
    /// - Precondition: no byte that needs an escape becomes another one by `mask`.
    public init(start: UInt8, end: UInt8, escape: UInt8? = nil, mask: UInt8 = 0x20, keepsDelimiters: Bool = true) {
        self.start = start
        self.end = end
        self.escape = escape
        self.mask = mask
        self.keepsDelimiters = keepsDelimiters
        if let escape {
            precondition(!isSpecial(start ^ mask) && !isSpecial(end ^ mask) && !isSpecial(escape ^ mask))
        }
    }

    func isSpecial(_ byte: UInt8) -> Bool {
        byte == start || byte == end || byte == escape
    }
}

/// Finds packets between a start byte and an end byte.
public struct StartEndDecoder: FrameDecoder, Hashable, Sendable {
    private enum State {
        case hunting
        /// After the start byte, where start and end are the same: more of them are filling.
        case begun
        case inside
        case escaped
    }

    private let framing: StartEndFraming
    private var state = State.hunting

    public init(_ framing: StartEndFraming) {
        self.framing = framing
    }

    private var opening: UInt8? { framing.keepsDelimiters ? framing.start : nil }

    public mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal {
        if state == .escaped {
            let plain = byte ^ framing.mask
            if framing.isSpecial(plain), !framing.isSpecial(byte) {
                state = .inside
                return .data(plain)
            }
            if byte == framing.start, framing.start != framing.end {
                state = .inside
                return .faultAndBegin(.badEscape, opening)
            }
            state = .hunting
            return .fault(.badEscape)
        }
        if byte == framing.start, framing.start != framing.end || state == .hunting || state == .begun {
            switch state {
            case .inside:
                return .faultAndBegin(.truncated, opening)
            case .begun:
                return .none
            default:
                state = framing.start == framing.end ? .begun : .inside
                return .begin(opening)
            }
        }
        guard state != .hunting else { return .none }
        if byte == framing.end {
            state = .hunting
            return .end(framing.keepsDelimiters ? byte : nil)
        }
        if byte == framing.escape {
            state = .escaped
            return .none
        }
        state = .inside
        return .data(byte)
    }

    public mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int {
        guard state == .inside else { return 0 }
        var count = 0
        while count < bytes.count, !framing.isSpecial(bytes[count]) { count &+= 1 }
        return count
    }

    public mutating func decodeLineError(at time: UInt64) -> FrameSignal {
        state = .hunting
        return .fault(.lineError)
    }
}

/// Puts packets between a start byte and an end byte.
///
/// With `keepsDelimiters` the packet brings both along, and they must be in their places.
public struct StartEndEncoder: FrameEncoder, Hashable, Sendable {
    private let framing: StartEndFraming
    private var size = 0
    private var place = 0
    private var isFit = true

    public init(_ framing: StartEndFraming) {
        self.framing = framing
    }

    public func largestSize(of count: Int) -> Int {
        (framing.escape == nil ? count : 2 * count) + (framing.keepsDelimiters ? 0 : 2)
    }

    public mutating func begin(count: Int, into output: inout FrameOutput) {
        size = count
        place = 0
        isFit = !framing.keepsDelimiters || count >= 2
        if framing.start == framing.end, count == (framing.keepsDelimiters ? 2 : 0) { isFit = false }
        if !framing.keepsDelimiters { output.append(framing.start) }
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer, into output: inout FrameOutput) {
        for byte in bytes {
            let isFirst = place == 0
            let isLast = place == size - 1
            place += 1
            if framing.keepsDelimiters, isFirst || isLast {
                if byte != (isFirst ? framing.start : framing.end) { isFit = false }
                output.append(byte)
            } else if !framing.isSpecial(byte) {
                output.append(byte)
            } else if let escape = framing.escape {
                output.append(escape)
                output.append(byte ^ framing.mask)
            } else {
                isFit = false
            }
        }
    }

    public mutating func end(into output: inout FrameOutput) -> Bool {
        if !framing.keepsDelimiters { output.append(framing.end) }
        return isFit && place == size && !output.isOverfull
    }
}
