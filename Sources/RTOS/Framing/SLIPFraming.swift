/// The bytes of SLIP, from RFC 1055.
public enum SLIP {
    public static let end: UInt8 = 0o300
    public static let escape: UInt8 = 0o333
    /// After an escape: an `end` in the data.
    public static let escapedEnd: UInt8 = 0o334
    /// After an escape: an `escape` in the data.
    public static let escapedEscape: UInt8 = 0o335
}

/// Finds SLIP packets. An empty one is none: a sender may put an `end` in front of each packet to flush out noise.
///
/// RFC 1055 leaves open what a receiver does with an escape before another byte; here the packet is thrown away.
public struct SLIPDecoder: FrameDecoder, Hashable, Sendable {
    private enum State {
        /// Skipping up to the next `end`.
        case hunting
        case between
        case inside
        case escaped
        /// An escape is the first byte of the packet.
        case escapedAtStart
    }

    private var state: State

    /// `synchronised` is false where reception may begin in the middle of a packet: then the first `end` begins it all.
    public init(synchronised: Bool = true) {
        state = synchronised ? .between : .hunting
    }

    public mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal {
        switch state {
        case .hunting:
            if byte == SLIP.end { state = .between }
            return .none
        case .between:
            switch byte {
            case SLIP.end:
                return .none
            case SLIP.escape:
                state = .escapedAtStart
                return .none
            default:
                state = .inside
                return .begin(byte)
            }
        case .inside:
            switch byte {
            case SLIP.end:
                state = .between
                return .end(nil)
            case SLIP.escape:
                state = .escaped
                return .none
            default:
                return .data(byte)
            }
        case .escaped, .escapedAtStart:
            let isFirst = state == .escapedAtStart
            switch byte {
            case SLIP.escapedEnd, SLIP.escapedEscape:
                let plain = byte == SLIP.escapedEnd ? SLIP.end : SLIP.escape
                state = .inside
                return isFirst ? .begin(plain) : .data(plain)
            default:
                state = byte == SLIP.end ? .between : .hunting
                return .fault(.badEscape)
            }
        }
    }

    public mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int {
        state == .inside ? bytes.count(before: SLIP.end, or: SLIP.escape) : 0
    }

    public mutating func decodeLineError(at time: UInt64) -> FrameSignal {
        state = .hunting
        return .fault(.lineError)
    }
}

/// Puts packets into SLIP, with an `end` on both sides. An empty packet cannot be sent.
public struct SLIPEncoder: FrameEncoder, Hashable, Sendable {
    private var isEmpty = true

    public init() {}

    public func largestSize(of count: Int) -> Int { 2 * count + 2 }

    public mutating func begin(count: Int, into output: inout FrameOutput) {
        isEmpty = count == 0
        output.append(SLIP.end)
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer, into output: inout FrameOutput) {
        var rest = bytes
        while !rest.isEmpty {
            let plain = rest.count(before: SLIP.end, or: SLIP.escape)
            output.append(UnsafeRawBufferPointer(rebasing: rest[..<plain]))
            if plain < rest.count {
                output.append(SLIP.escape)
                output.append(rest[plain] == SLIP.end ? SLIP.escapedEnd : SLIP.escapedEscape)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[min(plain + 1, rest.count)...])
        }
    }

    public mutating func end(into output: inout FrameOutput) -> Bool {
        output.append(SLIP.end)
        return !isEmpty && !output.isOverfull
    }
}
