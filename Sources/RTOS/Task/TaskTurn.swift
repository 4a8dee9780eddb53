import Glibc
import Synchronization

/// Giving way to other tasks, where all of them run at once.
///
/// Firmware for one core counts on the order that priorities give there: a task that it creates with a higher priority
/// has come to its first wait when the call returns, and who yields comes back when its equals had their turn. In
/// parallel nobody has to wait for that; but calls that are about the order, and seldom, do so for a time slice.
extension RTOSTask {
    /// Lets tasks of the caller's priority go first, and in parallel those of higher ones too: blocks until each of them has
    /// waited for something or given way itself, for a time slice at most.
    public static func giveWay() {
        let task = Kernel.enter()
        if task.mayGiveWay {
            let turn = TaskControlBlock.nextTurn()
            task.pointee.lastTurn.store(turn, ordering: .releasing)
            let priority = task.pointee.priority.load(ordering: .relaxed)
            whileAny(of: task) { other in
                other.pointee.priority.load(ordering: .relaxed) >= priority
                    && other.pointee.lastTurn.load(ordering: .acquiring) < turn
            }
        } else {
            Kernel.yield(task)
        }
        Kernel.leave(task)
    }

    /// In parallel, blocks until every task of a higher priority than the caller's waits for something, for a time slice
    /// at most: for a call after which such a task would run at once on a single core.
    public static func giveWayToHigher() {
        let task = TaskControlBlock.current
        guard task.mayGiveWay else { return }
        let priority = task.pointee.priority.load(ordering: .relaxed)
        whileAny(of: task) { $0.pointee.priority.load(ordering: .relaxed) > priority }
        Kernel.leave(task)
    }

    /// Blocks as long as some other task is busy and passes the test, for a time slice at most: a tick, or 10 ms if that is
    /// less.
    private static func whileAny(of task: TaskPointer, _ isAwaited: (TaskPointer) -> Bool) {
        let kernel = task.pointee.kernel
        let begin = MonotonicTime.now
        let slice = min(kernel.tickNanoseconds, 10_000_000)
        var looks = 0
        while !task.pointee.isToStop,
            TaskRegistry.contains(of: kernel, where: { $0 != task && $0.pointee.isBusy && isAwaited($0) }),
            MonotonicTime.now.nanoseconds(since: begin) < slice
        {
            looks += 1
            // They are often done within microseconds.
            if looks < 32 { sched_yield() } else { usleep(20) }
        }
    }
}

extension TaskPointer {
    /// It runs at the same time as others, and keeps none of them from going on.
    fileprivate var mayGiveWay: Bool {
        pointee.kernel.configuration.processors == .parallel && pointee.mayStopNow && !InterruptContext.isActive
            && pointee.kernel.isStarted
    }
}

extension TaskControlBlock {
    private static let turns = Atomic<UInt64>(0)

    /// Orders the turns of all tasks.
    static func nextTurn() -> UInt64 { turns.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }

    /// The task begins to wait: it had its turn.
    func endTurn() { lastTurn.store(Self.turns.load(ordering: .relaxed), ordering: .releasing) }

    /// It neither waits nor is stopped.
    fileprivate var isBusy: Bool {
        !isWaiting.load(ordering: .relaxed) && !isStopped.load(ordering: .relaxed) && !isToBeDeleted
    }
}
