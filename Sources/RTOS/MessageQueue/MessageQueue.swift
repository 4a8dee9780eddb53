/// A queue of messages of one size, with priorities: CMSIS-RTOS2's message queue.
///
/// Messages are copied in and out; a pointer is the usual message. A higher priority goes first, first in first out
/// among equals. A message that is put while a task waits goes to that task directly, and the count does not move.
///
/// Any number of threads may use both ends at once. A message of priority 0 takes no lock and makes no system call
/// unless somebody waits. Choose a `PostQueue` for messages with a size and a time stamp, a `MessageBuffer` for messages
/// of any length between two threads, a `ZeroCopyMailbox` for blocks of memory.
public final class MessageQueue: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// The queue is full, or empty, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        /// Somebody ended the wait.
        case aborted
        case deleted
        /// An interrupt cannot wait.
        case inInterrupt
        case schedulerLocked
    }

    public let name: String
    private let lanes: MessageLanes

    /// The most messages that a queue can hold.
    public static var largestCapacity: Int { MessageCells.largestCapacity }

    /// - Parameters:
    ///   - capacity: messages that it can hold, 1 to `largestCapacity`.
    ///   - messageSize: bytes in a message, at least 1.
    public init(name: String = "", capacity: Int, messageSize: Int) {
        self.name = name
        lanes = MessageLanes(capacity: capacity, messageSize: messageSize)
    }

    deinit {
        lanes.object.destroy()
    }

    public var capacity: Int { lanes.cells.capacity }
    /// Bytes in a message.
    public var messageSize: Int { lanes.cells.messageSize }
    /// Messages in it.
    public var count: Int { lanes.cells.count }
    /// Messages that fit besides.
    public var space: Int { capacity - count }

    /// How many tasks wait: `takers` for a message, `givers` for room.
    public func waiterCount(_ side: WaitSide) -> Int {
        lanes.object.perform { _, waiters in waiters.count(side) }
    }

    /// Copies a message of `messageSize` bytes in; blocks until there is room, at most for `timeout`. In an interrupt
    /// only with `now`.
    public func put(
        from message: UnsafeRawPointer, priority: UInt8 = 0, timeout: Timeout = .forever
    ) throws(Failure) {
        guard priority == 0 else {
            return try putSlowly(message, priority, MessageLanes.Manner.usual, timeout)
        }
        let task = Kernel.enter()
        let outcome = lanes.cells.put(message)
        if outcome == .done { return Kernel.leave(task) }
        try putSlowly(message, 0, MessageLanes.Manner.usual, timeout, mayLook: outcome != .aside)
    }

    /// As `put`, but before all other messages.
    public func putInFront(from message: UnsafeRawPointer, timeout: Timeout = .forever) throws(Failure) {
        try putSlowly(message, .max, MessageLanes.Manner.inFront, timeout)
    }

    /// Copies the message whose turn it is out, `messageSize` bytes, and answers its priority; blocks until there is
    /// one, at most for `timeout`. In an interrupt only with `now`.
    @discardableResult
    public func get(into message: UnsafeMutableRawPointer, timeout: Timeout = .forever) throws(Failure) -> UInt8 {
        let task = Kernel.enter()
        let outcome = lanes.cells.get(into: message)
        if outcome == .done {
            Kernel.leave(task)
            return 0
        }
        return try getSlowly(message, MessageLanes.Manner.usual, timeout, mayLook: outcome != .aside)
    }

    /// As `get`, but leaves the message in the queue.
    @discardableResult
    public func peek(at message: UnsafeMutableRawPointer, timeout: Timeout = .forever) throws(Failure) -> UInt8 {
        try getSlowly(message, MessageLanes.Manner.peek, timeout)
    }

    /// Blocks until there is a message, at most for `timeout`, and leaves it there: whoever runs first gets it. What such
    /// waiters wait for is not handed to them, as in systems that let a woken task try again.
    ///
    /// - Parameter scratch: `messageSize` bytes that are written to.
    public func waitForMessage(scratch: UnsafeMutableRawPointer, timeout: Timeout = .forever) throws(Failure) {
        _ = try getSlowly(scratch, MessageLanes.Manner.notice, timeout)
    }

    /// Ends the wait of the first of those who `waitForMessage`.
    public func tellNextGetter() {
        lanes.object.perform { _, waiters in
            guard let waiter = waiters.first(.takers), waiter.request.option == MessageLanes.Manner.notice else {
                return
            }
            waiters.end(waiter)
            lanes.settle(waiters)
        }
    }

    /// The same for room for a message.
    public func waitForRoom(timeout: Timeout = .forever) throws(Failure) {
        var deadline = Deadline(fromNow: timeout)
        let request = WaitRequest(option: MessageLanes.Manner.notice)
        let outcome = lanes.object.wait(.givers, until: &deadline, request: request) { _, waiters -> Void? in
            if lanes.cells.hasRoom { return () }
            guard timeout != .now else { return nil }
            lanes.cells.setAside([.put, .get])
            return lanes.cells.hasRoom ? lanes.settle(waiters) : nil
        }
        switch outcome {
        case .done, .ended(.granted): return
        case .ended(let ending): throw Failure(ending)
        }
    }

    /// Puts a message in, and if there is no room throws away the one whose turn it was. Never blocks.
    public func overwrite(from message: UnsafeRawPointer) {
        let request = WaitRequest(buffer: UnsafeMutableRawPointer(mutating: message))
        lanes.object.perform { urgent, waiters in
            while !lanes.store(request, &urgent, &waiters) {
                withUnsafeTemporaryAllocation(byteCount: messageSize, alignment: 8) { old in
                    _ = lanes.fetch(into: old.baseAddress!, MessageLanes.Manner.usual, &urgent, &waiters)
                }
            }
            lanes.settle(waiters)
        }
    }

    /// Throws all messages away; then whoever waited for room puts theirs in.
    public func reset() {
        lanes.object.perform { urgent, waiters in
            lanes.removeAll(&urgent)
            lanes.admit(&urgent, &waiters)
            lanes.settle(waiters)
        }
    }

    /// Ends every wait with `deleted`, now and from now on. Answers how many waited.
    @discardableResult
    public func delete() -> Int {
        lanes.object.peek { _, _ in lanes.cells.setAside([.put, .get]) }
        return lanes.object.delete()
    }
}

extension MessageQueue {
    /// The cells cannot take it at once: somebody waits, there is no room, or it is not for them.
    @inline(never)
    private func putSlowly(
        _ message: UnsafeRawPointer, _ priority: UInt8, _ manner: UInt, _ timeout: Timeout, mayLook: Bool = false
    ) throws(Failure) {
        var deadline = Deadline(fromNow: timeout)
        if mayLook, timeout != .now, look({ lanes.cells.put(message) }) { return }
        let request = WaitRequest(
            buffer: UnsafeMutableRawPointer(mutating: message), word: UInt(priority), option: manner)
        let outcome = lanes.object.wait(.givers, until: &deadline, request: request) { urgent, waiters -> Void? in
            if lanes.store(request, &urgent, &waiters) {
                lanes.settle(waiters)
                return ()
            }
            guard timeout != .now else { return nil }
            // With both ends turned aside nothing changes any more, unless it is under way already.
            lanes.cells.setAside([.put, .get])
            return lanes.store(request, &urgent, &waiters) ? lanes.settle(waiters) : nil
        }
        switch outcome {
        case .done, .ended(.granted): return
        case .ended(let ending): throw Failure(ending)
        }
    }

    @inline(never)
    private func getSlowly(
        _ message: UnsafeMutableRawPointer, _ manner: UInt, _ timeout: Timeout, mayLook: Bool = false
    ) throws(Failure) -> UInt8 {
        var deadline = Deadline(fromNow: timeout)
        if mayLook, timeout != .now, look({ lanes.cells.get(into: message) }) { return 0 }
        let request = WaitRequest(buffer: message, option: manner)
        let outcome = lanes.object.wait(.takers, until: &deadline, request: request) { urgent, waiters -> UInt? in
            if let priority = lanes.fetch(into: message, manner, &urgent, &waiters) {
                lanes.settle(waiters)
                return priority
            }
            guard timeout != .now else {
                lanes.settle(waiters)
                return nil
            }
            lanes.cells.setAside(.put)
            guard let priority = lanes.fetch(into: message, manner, &urgent, &waiters) else {
                // Those who peek turned the other end aside as well.
                lanes.cells.setAside(.put)
                return nil
            }
            lanes.settle(waiters)
            return priority
        }
        switch outcome {
        case .done(let priority), .ended(.granted(let priority)): return UInt8(truncatingIfNeeded: priority)
        case .ended(let ending): throw Failure(ending)
        }
    }

    /// Has the calling task look whether another processor makes it possible. True if it was done.
    @inline(__always)
    private func look(_ attempt: () -> MessageCells.Outcome) -> Bool {
        TaskControlBlock.look {
            switch attempt() {
            case .done: .done
            case .aside: .useless
            case .unable, .busy: .tryAgain
            }
        }
    }
}

extension MessageQueue {
    /// Puts a value in, of `messageSize` bytes.
    @inlinable
    public func put<Message: BitwiseCopyable>(
        _ message: Message, priority: UInt8 = 0, timeout: Timeout = .forever
    ) throws(Failure) {
        precondition(MemoryLayout<Message>.size == messageSize)
        let result = withUnsafePointer(to: message) { message in
            Result { () throws(Failure) in
                try put(from: UnsafeRawPointer(message), priority: priority, timeout: timeout)
            }
        }
        try result.get()
    }

    /// Takes a value of `messageSize` bytes out.
    @inlinable
    public func get<Message: BitwiseCopyable>(
        _ type: Message.Type = Message.self, timeout: Timeout = .forever
    ) throws(Failure) -> Message {
        precondition(MemoryLayout<Message>.size == messageSize)
        return try withUnsafeTemporaryAllocation(of: Message.self, capacity: 1) { message throws(Failure) in
            try get(into: UnsafeMutableRawPointer(message.baseAddress!), timeout: timeout)
            return message[0]
        }
    }
}

extension MessageQueue.Failure {
    init(_ ending: WaitEnding) {
        switch ending {
        case .wouldBlock: self = .wouldBlock
        case .timedOut: self = .timedOut
        case .aborted: self = .aborted
        case .deleted: self = .deleted
        case .inInterrupt: self = .inInterrupt
        case .schedulerLocked: self = .schedulerLocked
        case .granted: preconditionFailure("a wait that was granted is no failure")
        }
    }
}
