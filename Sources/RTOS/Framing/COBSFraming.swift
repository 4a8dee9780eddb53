/// Finds packets in Consistent Overhead Byte Stuffing (S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing",
/// IEEE/ACM Transactions on Networking 7, 1999): a packet has no zero byte, and a zero ends it.
///
/// A code byte *n* stands before *n* − 1 data bytes and a zero, which the last group of a packet leaves out, and so does
/// a group of 254 bytes. Two zeros in a row are no packet; an empty packet is the code 1 alone.
public struct COBSDecoder: FrameDecoder, Hashable, Sendable {
    private enum State {
        /// Skipping up to the next zero.
        case hunting
        case between
        case inside
    }

    private var state: State
    /// Data bytes of the present group that are still to come.
    private var left: UInt8 = 0
    /// The present group is followed by a zero, if another group follows.
    private var owesZero = false

    /// `synchronised` is false where reception may begin in the middle of a packet: then the first zero begins it all.
    public init(synchronised: Bool = true) {
        state = synchronised ? .between : .hunting
    }

    public mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal {
        switch state {
        case .hunting:
            if byte == 0 { state = .between }
            return .none
        case .between:
            guard byte != 0 else { return .none }
            state = .inside
            beginGroup(byte)
            return .begin(nil)
        case .inside:
            if byte == 0 {
                state = .between
                return left == 0 ? .end(nil) : .fault(.truncated)
            }
            if left > 0 {
                left &-= 1
                return .data(byte)
            }
            let signal: FrameSignal = owesZero ? .data(0) : .none
            beginGroup(byte)
            return signal
        }
    }

    private mutating func beginGroup(_ code: UInt8) {
        left = code &- 1
        owesZero = code != 0xFF
    }

    public mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int {
        guard state == .inside, left > 0 else { return 0 }
        let group = UnsafeRawBufferPointer(rebasing: bytes[..<min(Int(left), bytes.count)])
        let count = group.count(before: 0, or: 0)
        left &-= UInt8(count)
        return count
    }

    public mutating func decodeLineError(at time: UInt64) -> FrameSignal {
        state = .hunting
        return .fault(.lineError)
    }
}

/// Puts packets into Consistent Overhead Byte Stuffing, with a zero at the end.
///
/// One byte in 254 is added at most, and the zero.
public struct COBSEncoder: FrameEncoder, Hashable, Sendable {
    /// Where the present group's code goes, and what it is so far.
    private var place = 0
    private var code: UInt8 = 1

    public init() {}

    public func largestSize(of count: Int) -> Int { count + count / 254 + 2 }

    public mutating func begin(count: Int, into output: inout FrameOutput) {
        beginGroup(in: &output)
    }

    private mutating func beginGroup(in output: inout FrameOutput) {
        place = output.count
        code = 1
        output.append(0)
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer, into output: inout FrameOutput) {
        for byte in bytes {
            // A full group is followed by another only if there is something to put in it.
            if code == 0xFF { beginGroup(in: &output) }
            if byte == 0 {
                output.set(code, at: place)
                beginGroup(in: &output)
            } else {
                output.append(byte)
                code &+= 1
                if code == 0xFF { output.set(code, at: place) }
            }
        }
    }

    public mutating func end(into output: inout FrameOutput) -> Bool {
        output.set(code, at: place)
        output.append(0)
        return !output.isOverfull
    }
}
