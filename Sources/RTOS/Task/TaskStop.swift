import Glibc

/// Waiting for what another task does outside of all calls to be over, where both run at once.
///
/// On the target an interrupt stops another core's task within microseconds, and on a single core it does not run in the
/// first place: firmware counts on it that a task whose deletion has returned touches nothing any more, such as a
/// variable of the function that deleted it. Here it runs to its next call.
extension RTOSTask {
    /// A task that makes no call for so long is left to itself: 100 ms.
    private static let longestRunOn: UInt64 = 100_000_000

    /// In parallel, blocks the calling thread until this task, which is to be suspended or deleted, has come to a call, for
    /// 100 ms at most. `suspend` and `delete` do it by themselves, but not where the caller keeps others out.
    public func awaitStop() {
        awaitStop(by: TaskControlBlock.current)
    }

    func awaitStop(by caller: TaskPointer) {
        awaitQuiet(by: caller) { block.pointee.isStopped.load(ordering: .acquiring) }
    }

    /// Blocks the calling thread until this task has done something, waits for something or has ended, for
    /// `longestRunOn` at most.
    ///
    /// Not for a caller that others may wait for: an interrupt, or a task that keeps others out.
    func awaitQuiet(by caller: TaskPointer, or isDone: () -> Bool) {
        guard block != caller, block.pointee.kernel.configuration.processors == .parallel, caller.pointee.mayStopNow,
            !InterruptContext.isActive
        else { return }
        let begin = MonotonicTime.now
        while isAlive, !block.pointee.isWaiting.load(ordering: .relaxed), !isDone() {
            // Two that stop each other need not wait for each other.
            guard !caller.pointee.isToStop, MonotonicTime.now.nanoseconds(since: begin) < Self.longestRunOn else {
                return
            }
            usleep(20)
        }
    }
}
