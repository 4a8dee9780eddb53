/// Ends a packet when the line has been idle for a while, as Modbus RTU does with 3.5 characters.
///
/// It takes the time with each byte; its result is the same for every division that keeps the times. Whoever feeds it
/// also says when time passes without a byte, or the last packet waits for the next one to begin.
public struct IdleGapDecoder: FrameDecoder, Hashable, Sendable {
    private enum State {
        case idle
        case inside
        /// The line damaged a byte of this packet.
        case spoilt
    }

    /// The silence, in nanoseconds, that ends a packet.
    public let gap: UInt64
    private var state = State.idle
    private var last: UInt64 = 0

    public init(gap: UInt64) {
        precondition(gap > 0)
        self.gap = gap
    }

    public mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal {
        let isNew = state == .idle || time &- last >= gap
        last = time
        switch state {
        case .inside where !isNew:
            return .data(byte)
        case .spoilt where !isNew:
            return .none
        case .inside:
            return .endAndBegin(byte)
        case .idle, .spoilt:
            state = .inside
            return .begin(byte)
        }
    }

    public mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int {
        guard state == .inside, time &- last < gap else { return 0 }
        if !bytes.isEmpty { last = time }
        return bytes.count
    }

    public mutating func decodeLineError(at time: UInt64) -> FrameSignal {
        let completes = state == .inside && time &- last >= gap
        last = time
        state = .spoilt
        return completes ? .endAndFault(.lineError) : .fault(.lineError)
    }

    public mutating func decodeSilence(until time: UInt64) -> FrameSignal {
        guard state != .idle, time &- last >= gap else { return .none }
        defer { state = .idle }
        return state == .inside ? .end(nil) : .none
    }

    public var meaningfulSilence: UInt64? { state == .idle ? nil : gap }
}
