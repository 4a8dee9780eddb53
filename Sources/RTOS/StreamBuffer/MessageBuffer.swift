/// Messages of any length from one writer to one reader: FreeRTOS's message buffer.
///
/// A message of 10 bytes is read as one of 10 bytes. Each takes its length's width besides: with 4 bytes, 10 bytes
/// take 14. As with a `StreamBuffer` there is one writer and one reader, and neither takes a lock or makes a system call
/// unless the other waits.
public final class MessageBuffer: Sendable {
    /// Told when there is more to read, or more room, instead of waking whoever waits: for a second core, say, which
    /// then calls `sendCompleted` or `receiveCompleted`. True when the call came from an interrupt.
    public typealias Callback = @Sendable (MessageBuffer, _ inInterrupt: Bool) -> Void

    let pipe: StreamPipe
    private let onSend: Callback?
    private let onReceive: Callback?

    /// - Parameters:
    ///   - capacity: bytes that it can hold, lengths included; more than `lengthWidth`.
    ///   - lengthWidth: bytes that a length takes: the size of FreeRTOS's `configMESSAGE_BUFFER_LENGTH_TYPE`, 1, 2, 4 or 8.
    ///   - enforcesRoles: a second writer or reader stops the program.
    ///   - onSend: called when a message was sent, instead of waking the reader.
    ///   - onReceive: called when a message was read, instead of waking the writer.
    public init(
        name: String = "", capacity: Int, lengthWidth: Int = 4,
        enforcesRoles: Bool = StreamBuffer.enforcesRolesByDefault, onSend: Callback? = nil, onReceive: Callback? = nil
    ) {
        precondition(lengthWidth > 0 && capacity > lengthWidth, "the buffer has no room for a message")
        let longest = lengthWidth < 4 ? (1 << (8 * lengthWidth)) - 1 : Int(UInt32.max)
        longestMessage = min(capacity - lengthWidth, longest)
        pipe = StreamPipe(
            ring: StreamRing(capacity: capacity, lengthWidth: lengthWidth), name: name, triggerLevel: 1,
            isBatching: false, enforcesRoles: enforcesRoles, hasCallbacks: onSend != nil || onReceive != nil)
        self.onSend = onSend
        self.onReceive = onReceive
    }

    public var name: String { pipe.name }
    public var capacity: Int { pipe.ring.capacity }
    /// Bytes that a length takes.
    public var lengthWidth: Int { pipe.ring.lengthWidth }
    /// The longest message that fits at all.
    public let longestMessage: Int
    /// Bytes in it, lengths included.
    public var count: Int { pipe.ring.count }
    /// Bytes that fit besides, lengths included.
    public var space: Int { pipe.ring.space }
    public var isEmpty: Bool { count == 0 }
    /// There is no room for a message of even one byte.
    public var isFull: Bool { space <= lengthWidth }
    /// The length of the next message; nil if there is none. For the reader.
    public var nextLength: Int? { pipe.ring.nextLength }

    /// Copies a message in, all of it or nothing, and answers its length or 0; waits if there is no room, at most for
    /// `timeout`. One that is longer than `longestMessage` is refused at once, and so is an empty one. In an interrupt it
    /// never waits.
    @discardableResult
    public func send(_ message: UnsafeRawBufferPointer, timeout: Timeout = .forever) -> Int {
        guard pipe.isUnattended, !message.isEmpty, message.count <= longestMessage else {
            return sendSlowly(message, timeout, isKnownFull: false)
        }
        guard pipe.ring.send(message) else { return sendSlowly(message, timeout, isKnownFull: true) }
        return pipe.sentUnattended(message.count)
    }

    /// The same for an interrupt: never blocks. `hasWoken` becomes true if a task was woken, and else stays as it is.
    @discardableResult
    public func sendFromInterrupt(_ message: UnsafeRawBufferPointer, hasWoken: inout Bool) -> Int {
        let (count, woke) = sendWithCare(message, .now)
        if woke { hasWoken = true }
        return count
    }

    @inline(never)
    private func sendSlowly(_ message: UnsafeRawBufferPointer, _ timeout: Timeout, isKnownFull: Bool) -> Int {
        sendWithCare(message, timeout, isKnownFull: isKnownFull).count
    }

    private func sendWithCare(
        _ message: UnsafeRawBufferPointer, _ timeout: Timeout, isKnownFull: Bool = false
    ) -> (count: Int, woke: Bool) {
        let task = Kernel.enter()
        pipe.enterAsWriter()
        var woke = false
        var isSent = false
        if !message.isEmpty, message.count <= longestMessage {
            isSent = !isKnownFull && pipe.ring.send(message)
            if !isSent, timeout != .now, pipe.waitForSpace(lengthWidth + message.count, timeout) {
                isSent = pipe.ring.send(message)
            }
            if isSent { woke = announceSent() }
        }
        pipe.leaveAsWriter()
        Kernel.leave(task)
        return (isSent ? message.count : 0, woke)
    }

    @inline(__always)
    private func announceSent() -> Bool {
        guard let onSend else { return pipe.sent() }
        onSend(self, InterruptContext.isActive)
        return false
    }

    /// Copies the next message out and answers its length; waits if there is none, at most for `timeout`. 0 if the time
    /// is over, or if the message is longer than the buffer: then it stays. In an interrupt it never waits.
    public func receive(into buffer: UnsafeMutableRawBufferPointer, timeout: Timeout = .forever) -> Int {
        guard pipe.isUnattended else { return receiveSlowly(into: buffer, timeout, isKnownEmpty: false) }
        let reception = pipe.ring.receive(into: buffer)
        guard case .received(let count) = reception else {
            return receiveSlowly(into: buffer, timeout, isKnownEmpty: reception == .empty)
        }
        return pipe.receivedUnattended(count)
    }

    /// The same for an interrupt: never blocks. `hasWoken` becomes true if a task was woken, and else stays as it is.
    public func receiveFromInterrupt(into buffer: UnsafeMutableRawBufferPointer, hasWoken: inout Bool) -> Int {
        let (count, woke) = receiveWithCare(into: buffer, .now)
        if woke { hasWoken = true }
        return count
    }

    @inline(never)
    private func receiveSlowly(
        into buffer: UnsafeMutableRawBufferPointer, _ timeout: Timeout, isKnownEmpty: Bool
    ) -> Int {
        receiveWithCare(into: buffer, timeout, isKnownEmpty: isKnownEmpty).count
    }

    private func receiveWithCare(
        into buffer: UnsafeMutableRawBufferPointer, _ timeout: Timeout, isKnownEmpty: Bool = false
    ) -> (count: Int, woke: Bool) {
        let task = Kernel.enter()
        pipe.enterAsReader()
        var reception = isKnownEmpty ? .empty : pipe.ring.receive(into: buffer)
        if reception == .empty, timeout != .now, pipe.waitForData(timeout) {
            reception = pipe.ring.receive(into: buffer)
        }
        var outcome = (count: 0, woke: false)
        if case .received(let count) = reception { outcome = (count, announceReceived()) }
        pipe.leaveAsReader()
        Kernel.leave(task)
        return outcome
    }

    @inline(__always)
    private func announceReceived() -> Bool {
        guard let onReceive else { return pipe.received() }
        onReceive(self, InterruptContext.isActive)
        return false
    }

    /// Wakes a reader that waits, on behalf of a writer whose `onSend` was called. True if one waited.
    @discardableResult
    public func sendCompleted() -> Bool { pipe.wakeReaderAnyway() }

    /// Wakes a writer that waits, on behalf of a reader whose `onReceive` was called. True if one waited.
    @discardableResult
    public func receiveCompleted() -> Bool { pipe.wakeWriterAnyway() }

    /// Forgets all messages; keeps the callbacks. False, and nothing changes, if a task waits. Neither side may be in a
    /// call.
    @discardableResult
    public func reset() -> Bool { pipe.reset() }

    /// How many tasks wait: `takers` to read, `givers` to write.
    public func waiterCount(_ side: WaitSide) -> Int { pipe.waiterCount(side) }

    /// Ends every wait, now and from now on. Answers how many waited.
    @discardableResult
    public func delete() -> Int { pipe.delete() }
}
