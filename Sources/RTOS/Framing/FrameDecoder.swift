/// What one received byte means to a packet.
public enum FrameSignal: Hashable, Sendable {
    /// Nothing: the byte lies between packets or belongs to the framing alone.
    case none
    /// A packet begins; with the byte, if that is its first.
    case begin(UInt8?)
    /// A byte of the packet.
    case data(UInt8)
    /// The packet is complete; with the byte, if that is its last.
    case end(UInt8?)
    /// A packet of this one byte.
    case beginAndEnd(UInt8)
    /// The packet is complete, and the next begins with this byte.
    case endAndBegin(UInt8)
    /// The packet is complete, and the next is worthless already.
    case endAndFault(FrameFault)
    /// The packet that was begun, if one was, is worthless. What comes up to the next `begin` is skipped.
    case fault(FrameFault)
    /// The packet that was begun is worthless, and the next begins; with the byte, if that is its first.
    case faultAndBegin(FrameFault, UInt8?)
}

/// Why a packet was thrown away.
public enum FrameFault: Hashable, Sendable, CaseIterable {
    /// It is longer than its block, or than its framing allows.
    case overlong
    /// A byte after an escape that no encoder would put there.
    case badEscape
    /// The packet ended before it was complete, or another began inside it.
    case truncated
    /// The line damaged a byte: parity, framing, break, overrun.
    case lineError
    /// There was no block to receive into.
    case noBlock
}

/// Finds packets in a row of bytes: a plain value, without a clock, a buffer or a lock.
///
/// It looks at one byte at a time. `run` says how many bytes ahead are plain data, so that a receiver can copy them
/// in one step; the result is the same for every division of the input.
public protocol FrameDecoder {
    /// What the next byte means. `time` is when it came, in nanoseconds on any clock that does not run back.
    mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal

    /// How many of the next bytes, which all came at `time`, are data of the packet that has begun, each of which
    /// `decode` would answer with `data` and the byte itself. The caller takes exactly that many. 0 if it cannot tell.
    mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int

    /// A byte came that the line damaged. Its value is not known.
    mutating func decodeLineError(at time: UInt64) -> FrameSignal

    /// What the mere passing of time means: only an idle gap has an opinion.
    mutating func decodeSilence(until time: UInt64) -> FrameSignal

    /// How long after the last byte, in nanoseconds, silence will mean something; nil if it will not.
    var meaningfulSilence: UInt64? { get }
}

extension FrameDecoder {
    public var meaningfulSilence: UInt64? { nil }
    public mutating func decodeSilence(until time: UInt64) -> FrameSignal { .none }
}

extension UnsafeRawBufferPointer {
    /// The number of bytes in front of the first that is one of the two.
    func count(before first: UInt8, or second: UInt8) -> Int {
        var count = 0
        while count < self.count, self[count] != first, self[count] != second { count &+= 1 }
        return count
    }
}
