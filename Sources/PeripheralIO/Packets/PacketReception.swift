import RTOS

/// What the completion thread needs of whoever receives packets. Only that thread calls it, and nothing in it blocks.
protocol PacketReception: AnyObject, Sendable {
    /// Where bytes that come in go next. Never empty.
    func nextPlaces() -> UnsafeMutableRawBufferPointer

    /// The byte at `place` of the places is worthless; those in front of it are not.
    func damaged(at place: Int, time: MonotonicTime)

    /// `count` bytes were put into the places at `time`.
    func received(_ count: Int, at time: MonotonicTime)

    /// When it wants to know that nothing has come in until then: the end of an idle gap.
    var silenceDeadline: MonotonicTime { get }

    /// Nothing has come in until `time`.
    func silent(until time: MonotonicTime)

    /// A block for what comes in while `count` bytes go out; nil, and counted, if there is none.
    func blockForExchange(of count: Int) -> MemoryBlock?

    /// All of the block has come in.
    func exchanged(_ block: consuming MemoryBlock, at time: MonotonicTime)
}

/// How packets that come in at a peripheral fare.
public struct PacketReceptionStatistics: Hashable, Sendable {
    /// Packets delivered to the queue.
    public var packets: UInt64 = 0
    /// Bytes in them, without the framing.
    public var bytes: UInt64 = 0
    /// Packets thrown away, for each reason.
    public var faults = FrameFaultCounts()
    /// Complete packets thrown away because the queue, or its pool of messages, was full.
    public var refused: UInt64 = 0
    /// Packets that were received where they stay: nothing of them was copied.
    public var uncopied: UInt64 = 0

    /// Packets thrown away.
    public var dropped: UInt64 { faults.total + refused }
}
