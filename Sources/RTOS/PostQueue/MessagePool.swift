/// The message nodes that all post queues share: µC/OS-III's pool of `OS_MSG`.
///
/// Safe to use from any thread, interrupts too; its short lock is taken inside a queue's.
public final class MessagePool: Sendable {
    /// The fields of `OS_MSG_POOL`, at one moment.
    public struct Snapshot: Hashable, @unchecked Sendable {
        /// `NextPtr`: the first free node.
        public var next: UnsafeMutablePointer<PostMessageNode>?
        /// `NbrFree`.
        public var freeCount: Int
        /// `NbrUsed`.
        public var usedCount: Int
        /// `NbrUsedMax`: the most that were ever used at once.
        public var highestUsedCount: Int
    }

    private let nodes: Guarded<PostMessageNodes>

    /// A pool of `count` nodes: `OS_CFG_MSG_POOL_SIZE`.
    public init(count: Int) {
        nodes = Guarded(PostMessageNodes(count: count))
    }

    public var snapshot: Snapshot {
        withNodes { nodes in
            Snapshot(
                next: nodes.next, freeCount: nodes.freeCount, usedCount: nodes.usedCount,
                highestUsedCount: nodes.highestUsedCount)
        }
    }

    @inline(__always)
    func withNodes<Result>(_ body: (inout PostMessageNodes) -> Result) -> Result {
        nodes.withLock(body)
    }
}

extension MessagePool: CustomStringConvertible {
    public var description: String {
        let fields = snapshot
        return """
            OS_MSG_POOL NextPtr=\(hexadecimal(fields.next)) NbrFree=\(fields.freeCount) NbrUsed=\(fields.usedCount) \
            NbrUsedMax=\(fields.highestUsedCount)
            """
    }
}

/// A pointer as people read it.
func hexadecimal(_ pointer: UnsafeMutablePointer<PostMessageNode>?) -> String {
    "0x" + String(UInt(bitPattern: pointer), radix: 16)
}
