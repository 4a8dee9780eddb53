/// A message of µC/OS-III: where the data is, how long it is, and when it was sent.
///
/// The data itself is not touched. The time stamp is in whatever unit the sender counts in.
public struct PostMessage: Hashable, @unchecked Sendable {
    /// `MsgPtr`: nil is a legal message.
    public var pointer: UnsafeMutableRawPointer?
    /// `MsgSize`, in bytes; 0 is legal.
    public var size: Int
    /// `MsgTS`.
    public var timeStamp: UInt64

    public init(pointer: UnsafeMutableRawPointer?, size: Int, timeStamp: UInt64) {
        self.pointer = pointer
        self.size = size
        self.timeStamp = timeStamp
    }
}

/// At which end of a queue a message goes in.
public enum PostOrder: Hashable, Sendable {
    /// Behind all others: `OS_OPT_POST_FIFO`.
    case firstInFirstOut
    /// In front of all others: `OS_OPT_POST_LIFO`.
    case lastInFirstOut
}

/// One node of a message pool: µC/OS-III's `OS_MSG`.
public struct PostMessageNode: @unchecked Sendable {
    /// `NextPtr`.
    public internal(set) var next: UnsafeMutablePointer<PostMessageNode>?
    public internal(set) var message: PostMessage
}

/// The nodes that all queues share: µC/OS-III's `OS_MSG_POOL`, whose fields it has.
///
/// The node that came back last is taken first. It knows nothing of threads: whoever owns it keeps others away, and
/// keeps it as long as a queue holds nodes of it.
public struct PostMessageNodes: ~Copyable, @unchecked Sendable {
    /// `NextPtr`: the first free node.
    public private(set) var next: UnsafeMutablePointer<PostMessageNode>?
    /// `NbrFree`.
    public private(set) var freeCount: Int
    /// `NbrUsed`.
    public private(set) var usedCount = 0
    /// `NbrUsedMax`: the most that were ever used at once.
    public private(set) var highestUsedCount = 0

    private let nodes: UnsafeMutablePointer<PostMessageNode>

    /// A pool of `count` nodes: `OS_CFG_MSG_POOL_SIZE`.
    public init(count: Int) {
        precondition(count >= 0)
        nodes = .allocate(capacity: max(count, 1))
        for index in 0..<count {
            let next = index + 1 < count ? nodes + index + 1 : nil
            let nothing = PostMessage(pointer: nil, size: 0, timeStamp: 0)
            (nodes + index).initialize(to: PostMessageNode(next: next, message: nothing))
        }
        next = count > 0 ? nodes : nil
        freeCount = count
    }

    deinit {
        nodes.deallocate()
    }

    mutating func take() -> UnsafeMutablePointer<PostMessageNode>? {
        guard let node = next else { return nil }
        next = node.pointee.next
        freeCount -= 1
        usedCount += 1
        highestUsedCount = max(highestUsedCount, usedCount)
        return node
    }

    /// Takes back a chain of `count` nodes and puts it in front, in its order.
    mutating func giveBack(
        from first: UnsafeMutablePointer<PostMessageNode>, to last: UnsafeMutablePointer<PostMessageNode>, count: Int
    ) {
        last.pointee.next = next
        next = first
        freeCount += count
        usedCount -= count
    }
}

/// The messages that one queue holds: µC/OS-III's `OS_MSG_Q`, whose fields it has.
///
/// Its nodes come from a pool that it shares with others; always pass it the same one.
public struct PostMessageList: Hashable, @unchecked Sendable {
    /// Why a message was not stored.
    public enum Refusal: Hashable, Sendable {
        /// The queue has as many as it may: `OS_ERR_Q_MAX`.
        case queueFull
        /// The pool has no node: `OS_ERR_MSG_POOL_EMPTY`.
        case poolEmpty
    }

    /// `InPtr`: the newest message, behind which the next goes in; nil while the queue is empty.
    public private(set) var newest: UnsafeMutablePointer<PostMessageNode>?
    /// `OutPtr`: the message that is taken next; nil while the queue is empty.
    public private(set) var oldest: UnsafeMutablePointer<PostMessageNode>?
    /// `NbrEntriesSize`: the most messages that it may hold.
    public let size: Int
    /// `NbrEntries`.
    public private(set) var count = 0
    /// `NbrEntriesMax`: the most that it held at once since it was made or flushed.
    public private(set) var highestCount = 0

    public init(size: Int) {
        precondition(size >= 0)
        self.size = size
    }

    /// Stores a message; a refusal changes nothing. `OS_MsgQPut`.
    public mutating func put(
        _ message: PostMessage, _ order: PostOrder, nodes: inout PostMessageNodes
    ) -> Refusal? {
        guard count < size else { return .queueFull }
        guard let node = nodes.take() else { return .poolEmpty }
        node.pointee.message = message
        switch order {
        case .firstInFirstOut:
            node.pointee.next = nil
            newest?.pointee.next = node
            newest = node
            if oldest == nil { oldest = node }
        case .lastInFirstOut:
            node.pointee.next = oldest
            oldest = node
            if newest == nil { newest = node }
        }
        count += 1
        highestCount = max(highestCount, count)
        return nil
    }

    /// Takes the message whose turn is next. `OS_MsgQGet`.
    public mutating func get(nodes: inout PostMessageNodes) -> PostMessage? {
        guard let node = oldest else { return nil }
        let message = node.pointee.message
        oldest = node.pointee.next
        if oldest == nil { newest = nil }
        count -= 1
        nodes.giveBack(from: node, to: node, count: 1)
        return message
    }

    /// Throws all messages away and answers how many there were. `OS_MsgQFreeAll`.
    public mutating func removeAll(nodes: inout PostMessageNodes) -> Int {
        guard let first = oldest, let last = newest else { return 0 }
        let flushed = count
        nodes.giveBack(from: first, to: last, count: flushed)
        oldest = nil
        newest = nil
        count = 0
        highestCount = 0
        return flushed
    }
}
