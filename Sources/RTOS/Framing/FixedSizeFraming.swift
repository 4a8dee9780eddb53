/// Cuts a row of bytes into packets of one size.
public struct FixedSizeDecoder: FrameDecoder, Hashable, Sendable {
    public let size: Int
    /// A silence of this many nanoseconds inside a packet means that bytes were lost, and the next byte begins a packet.
    /// Without it a receiver that lost a byte stays out of step.
    public let gap: UInt64?

    private var count = 0
    private var isSpoilt = false
    private var last: UInt64 = 0

    public init(size: Int, gap: UInt64? = nil) {
        precondition(size > 0)
        self.size = size
        self.gap = gap
    }

    /// True if the packet that was begun will not be completed.
    private func isBroken(by time: UInt64) -> Bool {
        guard count > 0, let gap else { return false }
        return time &- last >= gap
    }

    public mutating func decode(_ byte: UInt8, at time: UInt64) -> FrameSignal {
        let isBroken = isBroken(by: time)
        let truncates = isBroken && !isSpoilt
        if isBroken { count = 0 }
        last = time
        count += 1
        if count == 1 {
            isSpoilt = false
            // A packet of one byte begins and ends at once.
            if size == 1 {
                count = 0
                return .beginAndEnd(byte)
            }
            return truncates ? .faultAndBegin(.truncated, byte) : .begin(byte)
        }
        let isLast = count == size
        if isLast { count = 0 }
        if isSpoilt { return .none }
        return isLast ? .end(byte) : .data(byte)
    }

    public mutating func run(_ bytes: UnsafeRawBufferPointer, at time: UInt64) -> Int {
        guard count > 0, !isSpoilt, !isBroken(by: time) else { return 0 }
        let step = min(size - count - 1, bytes.count)
        count += step
        if step > 0 { last = time }
        return step
    }

    public mutating func decodeLineError(at time: UInt64) -> FrameSignal {
        if isBroken(by: time) { count = 0 }
        last = time
        isSpoilt = true
        count = count + 1 == size ? 0 : count + 1
        return .fault(.lineError)
    }

    public mutating func decodeSilence(until time: UInt64) -> FrameSignal {
        guard isBroken(by: time) else { return .none }
        count = 0
        return isSpoilt ? .none : .fault(.truncated)
    }
}

/// Passes packets of one size on as they are; any other size is refused.
public struct FixedSizeEncoder: FrameEncoder, Hashable, Sendable {
    public let size: Int
    private var count = 0

    public init(size: Int) {
        precondition(size > 0)
        self.size = size
    }

    public func largestSize(of count: Int) -> Int { count }

    public mutating func begin(count: Int, into output: inout FrameOutput) {
        self.count = 0
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer, into output: inout FrameOutput) {
        output.append(bytes)
        count += bytes.count
    }

    public mutating func end(into output: inout FrameOutput) -> Bool {
        count == size && !output.isOverfull
    }
}
