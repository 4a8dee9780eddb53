/// A queue of pointers, each with a size and a time stamp: µC/OS-III's message queue.
///
/// A message is posted behind all others, in front of all others, or to every task that waits. While tasks wait it goes
/// to the one of highest priority directly: no node is used and no count moves, so that it succeeds with an empty
/// pool. Nodes come from a pool that many queues share.
///
/// The data itself is not copied: it must stay as it is until the receiver is done with it. A `ZeroCopyMailbox` has the
/// compiler see to that. Any number of threads may post and pend; posting never blocks, so interrupts may.
public final class PostQueue: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// The queue has as many messages as it may: `OS_ERR_Q_MAX`.
        case full
        /// The pool has no node left: `OS_ERR_MSG_POOL_EMPTY`.
        case poolEmpty
        /// There is no message, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        /// Somebody ended the wait, at this time.
        case aborted(at: UInt64)
        /// The queue was deleted, at this time.
        case deleted(at: UInt64)
        /// An interrupt cannot wait.
        case inInterrupt
        case schedulerLocked
    }

    public let name: String
    /// The nodes that it shares with others.
    public let pool: MessagePool

    struct Contents {
        var list: PostMessageList
        var deletion: UInt64 = 0
    }

    let object: BlockingObject<Contents>

    /// - Parameters:
    ///   - size: the most messages that it may hold; with 0 they only go to tasks that wait.
    ///   - pool: where its nodes come from.
    public init(name: String = "", size: Int, pool: MessagePool) {
        self.name = name
        self.pool = pool
        object = BlockingObject(Contents(list: PostMessageList(size: size)))
    }

    deinit {
        flush()
        object.destroy()
    }

    /// The time that messages are stamped with: nanoseconds on the clock of the calling task's kernel.
    public static var timeStamp: UInt64 { TaskControlBlock.current.pointee.withKernel { $0.now.nanoseconds } }

    /// Sends a message to the waiter of highest priority, or keeps it. A refusal changes nothing. Never blocks.
    ///
    /// - Parameters:
    ///   - toAll: every task that waits gets it; if none does it is kept once.
    ///   - timeStamp: when it was sent; now, if left out.
    public func post(
        _ pointer: UnsafeMutableRawPointer?, size: Int, _ order: PostOrder = .firstInFirstOut, toAll: Bool = false,
        timeStamp: UInt64? = nil
    ) throws(Failure) {
        try post(PostMessage(pointer: pointer, size: size, timeStamp: timeStamp ?? Self.timeStamp), order, toAll: toAll)
        {}
    }

    /// The same, with something that is done if the queue takes the message, and before anybody can have it. It is done
    /// under the queue's lock, so it is short.
    @inline(__always)
    package func post(
        _ message: PostMessage, _ order: PostOrder = .firstInFirstOut, toAll: Bool = false, whenTaken: () -> Void
    ) throws(Failure) {
        let failure = object.perform { contents, waiters -> Failure? in
            if waiters.isDeleted { return .deleted(at: contents.deletion) }
            if !Self.hand(message, toAll: toAll, &waiters) {
                switch pool.withNodes({ contents.list.put(message, order, nodes: &$0) }) {
                case .queueFull: return .full
                case .poolEmpty: return .poolEmpty
                case nil: break
                }
            }
            whenTaken()
            return nil
        }
        if let failure { throw failure }
    }

    private static func hand(_ message: PostMessage, toAll: Bool, _ waiters: inout Waiters) -> Bool {
        guard let first = waiters.first(.takers) else { return false }
        answer(first, message)
        waiters.end(first)
        while toAll, let next = waiters.first(.takers) {
            answer(next, message)
            waiters.end(next)
        }
        return true
    }

    private static func answer(_ waiter: Waiter, _ message: PostMessage) {
        waiter.request.buffer!.assumingMemoryBound(to: PostMessage.self).pointee = message
    }

    /// Takes the message whose turn it is; blocks until there is one, at most for `timeout`. In an interrupt only with
    /// `now`. The time stamp is the post's.
    public func pend(_ timeout: Timeout = .forever) throws(Failure) -> PostMessage {
        try pend(timeout) { false }!
    }

    /// The same, but answers nil rather than begin to wait once `isOver`. Who makes that true and then calls `abort` has
    /// ended every wait, since both are looked at under the queue's lock.
    @inline(__always)
    package func pend(_ timeout: Timeout, unless isOver: () -> Bool) throws(Failure) -> PostMessage? {
        var answer = PostMessage(pointer: nil, size: 0, timeStamp: 0)
        let outcome = withUnsafeMutablePointer(to: &answer) { answer in
            object.wait(.takers, timeout, request: WaitRequest(buffer: answer)) { contents, _ -> PostMessage?? in
                let message = pool.withNodes { contents.list.get(nodes: &$0) }
                return message == nil && !isOver() ? nil : .some(message)
            }
        }
        switch outcome {
        case .done(let message): return message
        case .ended(.granted): return answer
        case .ended(.wouldBlock): throw .wouldBlock
        case .ended(.timedOut): throw .timedOut
        case .ended(.aborted): throw .aborted(at: answer.timeStamp)
        case .ended(.deleted): throw .deleted(at: object.peek { contents, _ in contents.deletion })
        case .ended(.inInterrupt): throw .inInterrupt
        case .ended(.schedulerLocked): throw .schedulerLocked
        }
    }

    /// Ends the wait of the first waiter, or of all, with `aborted`. Answers how many those were.
    @discardableResult
    public func abort(all: Bool = false, timeStamp: UInt64? = nil) -> Int {
        let event = PostMessage(pointer: nil, size: 0, timeStamp: timeStamp ?? Self.timeStamp)
        return object.perform { _, waiters in
            var count = 0
            while let waiter = waiters.first(.takers), all || count == 0 {
                Self.answer(waiter, event)
                waiters.end(waiter, with: .aborted)
                count += 1
            }
            return count
        }
    }

    /// Throws all messages away, and leaves those who wait alone. Answers how many there were.
    @discardableResult
    public func flush() -> Int {
        object.perform { contents, _ in
            pool.withNodes { contents.list.removeAll(nodes: &$0) }
        }
    }

    /// Throws all messages away and ends every wait with `deleted`, now and from now on. Answers how many waited.
    ///
    /// - Parameter ifNobodyWaits: refuse, and change nothing, if a task waits; the answer is then how many do.
    @discardableResult
    public func delete(ifNobodyWaits: Bool = false, timeStamp: UInt64? = nil) -> Int {
        let now = timeStamp ?? Self.timeStamp
        return object.perform { contents, waiters in
            let count = waiters.count(.takers)
            guard count == 0 || !ifNobodyWaits else { return count }
            contents.deletion = now
            _ = pool.withNodes { contents.list.removeAll(nodes: &$0) }
            waiters.header.body.pointee.isDeleted = true
            return waiters.endAll(.takers, with: .deleted)
        }
    }
}

extension PostQueue {
    /// The fields of `OS_MSG_Q`, at one moment.
    public struct Snapshot: Hashable, @unchecked Sendable {
        /// `InPtr`: the newest message; `OutPtr`: the one that is taken next. nil while the queue is empty.
        public var newest, oldest: UnsafeMutablePointer<PostMessageNode>?
        /// `NbrEntriesSize`: the most that it may hold.
        public var size: Int
        /// `NbrEntries`.
        public var count: Int
        /// `NbrEntriesMax`: the most that it held at once since it was made or flushed.
        public var highestCount: Int
        /// Tasks that wait for a message.
        public var waiterCount: Int
    }

    public var snapshot: Snapshot {
        object.peek { contents, waiters in
            let list = contents.list
            return Snapshot(
                newest: list.newest, oldest: list.oldest, size: list.size, count: list.count,
                highestCount: list.highestCount, waiterCount: waiters.count(.takers))
        }
    }

    /// Messages in it.
    public var count: Int { object.perform { contents, _ in contents.list.count } }
    /// How many tasks wait for a message.
    public var waiterCount: Int { object.perform { _, waiters in waiters.count(.takers) } }
}

extension PostQueue: CustomStringConvertible {
    public var description: String {
        let fields = snapshot
        return """
            OS_MSG_Q InPtr=\(hexadecimal(fields.newest)) OutPtr=\(hexadecimal(fields.oldest)) \
            NbrEntriesSize=\(fields.size) NbrEntries=\(fields.count) NbrEntriesMax=\(fields.highestCount)
            """
    }
}
