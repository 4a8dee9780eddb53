import Glibc
import Synchronization

/// Giving way to other tasks, where all of them run at once.
///
/// Firmware for one core counts on the order that priorities give there: a task that it creates with a higher priority
/// has come to its first wait when the call returns, and who yields comes back when its equals had their turn. In
/// parallel nobody has to wait for that; but calls that are about the order, and seldom, do so for a time slice.
extension RTOSTask {
    /// However busy the machine is: 100 ms.
    private static let longestWay: UInt64 = 100_000_000

    /// Lets tasks of the caller's priority go first, and in parallel those of higher ones too: blocks until each of them has
    /// waited for something, given way itself, or run for a time slice.
    public static func giveWay() {
        let task = Kernel.enter()
        if task.mayGiveWay {
            let turn = TaskControlBlock.nextTurn()
            task.pointee.lastTurn.store(turn, ordering: .releasing)
            let priority = task.pointee.priority.load(ordering: .relaxed)
            giveWay(task) { other in
                other.pointee.priority.load(ordering: .relaxed) >= priority
                    && other.pointee.lastTurn.load(ordering: .acquiring) < turn
            }
        } else {
            Kernel.yield(task)
        }
        Kernel.leave(task)
    }

    /// In parallel, blocks until every task of a higher priority than the caller's waits for something or has run for a
    /// time slice: for a call after which such a task would run at once on a single core.
    public static func giveWayToHigher() {
        let task = TaskControlBlock.current
        guard task.mayGiveWay else { return }
        let priority = task.pointee.priority.load(ordering: .relaxed)
        giveWay(task) { $0.pointee.priority.load(ordering: .relaxed) > priority }
        Kernel.leave(task)
    }

    /// Blocks as long as other tasks are busy and pass the test, for a time slice of each: a tick of processor time, or
    /// 10 ms if that is less.
    private static func giveWay(_ task: TaskPointer, _ isAwaited: (TaskPointer) -> Bool) {
        let slice = min(task.pointee.withKernel { $0.tickNanoseconds }, 10_000_000)
        let begin = MonotonicTime.now
        var serial: UInt64 = 0
        while let other = task.pointee.withKernel({ kernel in
            TaskRegistry.next(after: serial, of: kernel) { $0 != task && $0.pointee.isBusy && isAwaited($0) }
        }) {
            serial = other.serial
            let start = other.block.pointee.processorTime
            var looks = 0
            while other.isAlive, other.block.pointee.isBusy, isAwaited(other.block),
                other.block.pointee.processorTime < start + slice
            {
                guard !task.pointee.isToStop, MonotonicTime.now.nanoseconds(since: begin) < longestWay else { return }
                looks += 1
                // They are often done within microseconds.
                if looks < 32 { sched_yield() } else { usleep(20) }
            }
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
    fileprivate static func nextTurn() -> UInt64 { turns.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }

    /// The task begins to wait: it had its turn.
    func endTurn() { lastTurn.store(Self.turns.load(ordering: .relaxed), ordering: .releasing) }

    /// It neither waits nor is stopped.
    fileprivate var isBusy: Bool {
        !isWaiting.load(ordering: .relaxed) && !isStopped.load(ordering: .relaxed) && !isToBeDeleted
    }

    /// Nanoseconds for which its thread has run; 0 before it has begun, and when it has ended.
    var processorTime: UInt64 {
        let clock = processorClock.load(ordering: .acquiring)
        var time = timespec()
        guard clock != 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The calling thread, which runs the task, has begun.
    func noteProcessorClock() {
        var clock: clockid_t = 0
        if pthread_getcpuclockid(pthread_self(), &clock) == 0 { processorClock.store(clock, ordering: .releasing) }
    }
}
