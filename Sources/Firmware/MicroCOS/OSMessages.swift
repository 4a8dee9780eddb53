import CFirmware
import RTOS

/// The pool of messages of all queues, and what firmware reads of it and of them.
enum OSMessages {
    /// As large as firmware's configuration says at the first use.
    static let pool = MessagePool(count: OSSettings.current.messagePoolSize)

    private static func node(_ pointer: UnsafeMutablePointer<PostMessageNode>?) -> UnsafeMutablePointer<OS_MSG>? {
        UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: OS_MSG.self)
    }

    /// Brings `OSMsgPool` up to date.
    static func showPool() {
        let fields = pool.snapshot
        hil_ucos_message_pool().pointee = OS_MSG_POOL(
            NextPtr: node(fields.next), NbrFree: OS_MSG_QTY(clamping: fields.freeCount),
            NbrUsed: OS_MSG_QTY(clamping: fields.usedCount), NbrUsedMax: OS_MSG_QTY(clamping: fields.highestUsedCount))
    }

    /// Brings the fields of a queue and of the pool up to date. Answers how many tasks wait.
    @discardableResult
    static func show(_ queue: PostQueue, _ list: inout OS_MSG_Q) -> Int {
        let fields = queue.snapshot
        list = OS_MSG_Q(
            InPtr: node(fields.newest), OutPtr: node(fields.oldest),
            NbrEntriesSize: OS_MSG_QTY(clamping: fields.size), NbrEntries: OS_MSG_QTY(clamping: fields.count),
            NbrEntriesMax: OS_MSG_QTY(clamping: fields.highestCount))
        showPool()
        return fields.waiterCount
    }

    /// Posts as the option says.
    static func post(
        _ queue: PostQueue, _ pointer: UnsafeMutableRawPointer?, _ size: OS_MSG_SIZE, _ opt: OS_OPT
    ) throws(OSFailure) {
        do throws(PostQueue.Failure) {
            try queue.post(
                pointer, size: Int(size), opt & OS_OPT_POST_LIFO != 0 ? .lastInFirstOut : .firstInFirstOut,
                toAll: opt & OS_OPT_POST_ALL != 0, timeStamp: OSTimeStamp.now)
        } catch {
            switch error {
            case .full: throw OSFailure(OS_ERR_Q_MAX)
            case .poolEmpty: throw OSFailure(OS_ERR_MSG_POOL_EMPTY)
            default: throw OSFailure(OS_ERR_OBJ_DEL)
            }
        }
    }

    static func pend(_ queue: PostQueue, _ timeout: Timeout) throws(OSFailed) -> PostMessage {
        do throws(PostQueue.Failure) {
            return try queue.pend(timeout)
        } catch {
            switch error {
            case .wouldBlock: throw OSFailed(.wouldBlock)
            case .timedOut: throw OSFailed(.timedOut)
            case .aborted(let stamp): throw OSFailed(.aborted(at: stamp))
            case .deleted(let stamp): throw OSFailed(.deleted(at: stamp))
            case .schedulerLocked: throw OSFailed(.schedulerLocked)
            default: throw OSFailed(.interrupted)
            }
        }
    }

    /// Throws a queue's messages away. Answers how many there were.
    @discardableResult
    static func flush(_ queue: PostQueue?, _ list: inout OS_MSG_Q) -> OS_MSG_QTY {
        guard let queue else { return 0 }
        let count = queue.flush()
        show(queue, &list)
        return OS_MSG_QTY(clamping: count)
    }
}
