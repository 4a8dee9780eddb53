/// A stream of bytes from one writer to one reader: FreeRTOS's stream buffer.
///
/// One task or interrupt writes, one reads; they may be on different threads, and neither takes a lock or makes a system
/// call unless the other waits. With more than one of a kind each call needs a critical section around it, with no
/// wait; `enforcesRoles` stops a program that forgets.
///
/// A reader that finds nothing waits until there are as many bytes as the trigger level; one that finds something takes
/// what there is. Choose a `MessageBuffer` if the bytes come in messages, a `MessageQueue` for several writers.
public final class StreamBuffer: Sendable {
    /// Told when there is more to read, or more room, instead of waking whoever waits: for a second core, say, which
    /// then calls `sendCompleted` or `receiveCompleted`. True when the call came from an interrupt.
    public typealias Callback = @Sendable (StreamBuffer, _ inInterrupt: Bool) -> Void

    let pipe: StreamPipe
    private let onSend: Callback?
    private let onReceive: Callback?

    /// In debug builds a second writer or reader stops the program, in others only if it is asked for.
    #if DEBUG
        public static let enforcesRolesByDefault = true
    #else
        public static let enforcesRolesByDefault = false
    #endif

    /// - Parameters:
    ///   - capacity: bytes that it can hold, at least 1.
    ///   - triggerLevel: how many bytes wake a reader that waits, 0 (taken as 1) to `capacity`.
    ///   - isBatching: more bytes than the trigger level wake a reader that waits, and only so many can be read: FreeRTOS's
    ///     stream batching buffer.
    ///   - onSend: called when there are enough bytes to wake a reader, instead of waking it.
    ///   - onReceive: called when bytes were read, instead of waking the writer.
    public init(
        name: String = "", capacity: Int, triggerLevel: Int = 1, isBatching: Bool = false,
        enforcesRoles: Bool = enforcesRolesByDefault, onSend: Callback? = nil, onReceive: Callback? = nil
    ) {
        pipe = StreamPipe(
            ring: StreamRing(capacity: capacity), name: name, triggerLevel: triggerLevel, isBatching: isBatching,
            enforcesRoles: enforcesRoles, hasCallbacks: onSend != nil || onReceive != nil)
        self.onSend = onSend
        self.onReceive = onReceive
    }

    public var name: String { pipe.name }
    public var capacity: Int { pipe.ring.capacity }
    /// Bytes in it.
    public var count: Int { pipe.ring.count }
    /// Bytes that fit besides.
    public var space: Int { pipe.ring.space }
    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { space == 0 }
    public var isBatching: Bool { pipe.isBatching }

    /// How many bytes wake a reader that waits.
    public var triggerLevel: Int { pipe.triggerLevel }

    /// Sets the trigger level, 0 (taken as 1) to `capacity`; false, and nothing changes, if it is out of range.
    @discardableResult
    public func setTriggerLevel(_ level: Int) -> Bool { pipe.setTriggerLevel(level) }

    /// Copies bytes in and answers how many.
    ///
    /// With a wait, waits until all of them fit, or as many as the buffer holds, and then writes what fits; without, or
    /// when the time is over, writes what fits at once. In an interrupt it never waits.
    @discardableResult
    public func send(_ bytes: UnsafeRawBufferPointer, timeout: Timeout = .forever) -> Int {
        guard pipe.isUnattended else { return sendSlowly(bytes, timeout, isKnownFull: false) }
        guard pipe.ring.writeAll(bytes) else { return sendSlowly(bytes, timeout, isKnownFull: true) }
        return pipe.sentUnattended(bytes.count)
    }

    /// The same for an interrupt: never blocks. `hasWoken` becomes true if a task was woken, and else stays as it is.
    @discardableResult
    public func sendFromInterrupt(_ bytes: UnsafeRawBufferPointer, hasWoken: inout Bool) -> Int {
        let (count, woke) = sendWithCare(bytes, .now)
        if woke { hasWoken = true }
        return count
    }

    @inline(never)
    private func sendSlowly(_ bytes: UnsafeRawBufferPointer, _ timeout: Timeout, isKnownFull: Bool) -> Int {
        sendWithCare(bytes, timeout, isKnownFull: isKnownFull).count
    }

    private func sendWithCare(
        _ bytes: UnsafeRawBufferPointer, _ timeout: Timeout, isKnownFull: Bool = false
    ) -> (count: Int, woke: Bool) {
        let task = Kernel.enter()
        pipe.enterAsWriter()
        if timeout != .now {
            let needed = min(bytes.count, capacity)
            if isKnownFull || space < needed { _ = pipe.waitForSpace(needed, timeout) }
        }
        let count = pipe.ring.write(bytes)
        let woke = count > 0 && announceSent()
        pipe.leaveAsWriter()
        Kernel.leave(task)
        return (count, woke)
    }

    @inline(__always)
    private func announceSent() -> Bool {
        guard let onSend else { return pipe.sent() }
        if pipe.meetsTrigger { onSend(self, InterruptContext.isActive) }
        return false
    }

    /// Copies out what is there, at most what the buffer takes, and answers how many bytes; waits if there is nothing,
    /// at most for `timeout`. In an interrupt it never waits.
    public func receive(into buffer: UnsafeMutableRawBufferPointer, timeout: Timeout = .forever) -> Int {
        guard pipe.isUnattended else { return receiveSlowly(into: buffer, timeout, isKnownEmpty: false) }
        let count = pipe.ring.read(into: buffer)
        guard count > 0 else { return receiveSlowly(into: buffer, timeout, isKnownEmpty: true) }
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
        var isReadable = !isKnownEmpty && pipe.isReadable
        if !isReadable, timeout != .now { isReadable = pipe.waitForData(timeout) }
        let count = isReadable ? pipe.ring.read(into: buffer) : 0
        let woke = count > 0 && announceReceived()
        pipe.leaveAsReader()
        Kernel.leave(task)
        return (count, woke)
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

    /// Forgets all bytes; keeps the trigger level and the callbacks. False, and nothing changes, if a task waits. Neither
    /// side may be in a call.
    @discardableResult
    public func reset() -> Bool { pipe.reset() }

    /// How many tasks wait: `takers` to read, `givers` to write.
    public func waiterCount(_ side: WaitSide) -> Int { pipe.waiterCount(side) }

    /// Ends every wait, now and from now on: those calls answer with what there is. Answers how many waited.
    @discardableResult
    public func delete() -> Int { pipe.delete() }
}
