/// A queue inside a task: µC/OS-III's task message queue.
///
/// Only the task itself pends on it, and so a message is handed to it directly only while it waits for *this* queue;
/// otherwise the queue keeps it. It is deleted with the task.
extension RTOSTask {
    /// Gives the task a queue of its own; the one that it has already, if any. nil if the task has ended.
    public func makePostQueue(size: Int, pool: MessagePool) -> PostQueue? {
        let queue = PostQueue(name: name, size: size, pool: pool)
        return block.pointee.signals.perform { signals, _ in
            guard signals.serial == serial else { return nil }
            if signals.postQueue == nil { signals.postQueue = queue }
            return signals.postQueue
        }
    }

    /// The task's own queue; nil if it has none, or has ended.
    public var postQueue: PostQueue? {
        block.pointee.signals.perform { signals, _ in signals.serial == serial ? signals.postQueue : nil }
    }
}
