import Glibc

/// Waiting for what another task does outside of all calls to be over, where both run at once.
///
/// On the target an interrupt stops another core's task within microseconds, and on a single core it does not run in the
/// first place: firmware counts on it that a task whose deletion has returned touches nothing any more, such as a
/// variable of the function that deleted it. Here it runs to its next call.
extension RTOSTask {
    /// A task that makes no call for so much of its processor time is left to itself: 100 ms. And one that the machine
    /// gives no time to, after a second.
    private static let (longestRun, longestStop): (UInt64, UInt64) = (100_000_000, 1_000_000_000)

    /// In parallel, blocks the calling thread until this task, which is to be suspended or deleted, has come to a call, but
    /// not for ever. `suspend` and `delete` do it by themselves, unless the caller keeps others out.
    public func awaitStop() {
        awaitStop(by: TaskControlBlock.current)
    }

    func awaitStop(by caller: TaskPointer) {
        awaitQuiet(by: caller) { block.pointee.isStopped.load(ordering: .acquiring) }
    }

    /// Blocks the calling thread until this task has done something, waits for something or has ended, but not for ever.
    ///
    /// Not for a caller that others may wait for: an interrupt, or a task that keeps others out.
    func awaitQuiet(by caller: TaskPointer, or isDone: () -> Bool) {
        guard block != caller, block.pointee.kernel.configuration.processors == .parallel, caller.pointee.mayStopNow,
            !InterruptContext.isActive
        else { return }
        let (begin, start) = (MonotonicTime.now, block.pointee.processorTime)
        while isAlive, !block.pointee.isWaiting.load(ordering: .relaxed), !isDone() {
            // Two that stop each other need not wait for each other.
            guard !caller.pointee.isToStop, block.pointee.processorTime < start + Self.longestRun,
                MonotonicTime.now.nanoseconds(since: begin) < Self.longestStop
            else { return }
            usleep(20)
        }
    }
}
