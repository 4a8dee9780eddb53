extension Kernel {
    /// A place where tasks are switched if that is due: for calls of other modules that wake tasks by themselves.
    public static func switchIfDue() {
        leave(enter())
    }

    /// Runs a call to the host that may block, such as a read from a device. On a single core the task gives up its
    /// slot meanwhile, and with virtual ticks time does not jump ahead of it.
    @inlinable @inline(__always)
    public static func hostCall<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try runsByRule ? outside(body) : body()
    }

    /// The calling thread runs a task that the dispatch rule decides over.
    @usableFromInline
    static var runsByRule: Bool { TaskControlBlock.current.pointee.member != nil }

    @usableFromInline @inline(never)
    static func outside<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let task = TaskControlBlock.current
        guard let member = task.pointee.member else { return try body() }
        let kernel = task.pointee.kernel
        kernel.decide { $0.goOutside(member) }
        defer {
            kernel.decide { $0.comeBack(member) }
            kernel.awaitSlot(task, member)
            leave(task)
        }
        return try body()
    }
}
