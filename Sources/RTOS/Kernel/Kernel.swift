import CLinux
import Synchronization

/// Dispatches tasks: who runs, what time it is, and whether the scheduler is locked.
///
/// A program has one, `main`, configured at its start. More can be made, for tests above all: tasks belong to the
/// kernel that made them, and objects to nobody. Threads that were not started as tasks, interrupts among them, always
/// run; they see the clock of `main`.
public final class Kernel: Sendable {
    public let configuration: Configuration
    let table: Guarded<DispatchTable>
    /// Nothing to decide: every task runs when it is woken, and the futex watches its deadline.
    let isDirect: Bool
    let hasVirtualTicks: Bool
    /// The rule's time, to be read without its lock.
    let virtualTick = Atomic<UInt64>(0)
    let tickNanoseconds: UInt64
    /// When tick 0 began, in nanoseconds of the monotonic clock.
    private let beginning: Atomic<UInt64>
    var origin: UInt64 { beginning.load(ordering: .relaxed) }
    /// Whether tasks may run; where those of a direct kernel wait for it.
    let gate: BlockingObject<Bool>
    let processor: Int32
    let taskCount = Atomic<UInt32>(0)
    /// How many tasks have not ended, and who waits for their end.
    let living = BlockingObject(0)
    /// Whether some task has the scheduler locked.
    let schedulerLock = BlockingObject(false)
    let service = Guarded<TimerService?>(nil)

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        var counter: JitteredCounter?
        if case .virtual(let seed) = configuration.ticks {
            counter = JitteredCounter(seed: seed, average: configuration.callsPerTick)
        }
        var rule = DispatchRule(
            slots: configuration.processors == .single ? 1 : .max, virtualTicks: counter,
            preemptedGoesLast: configuration.preemptedGoesLast,
            preemption: DispatchRule.Preemption(
                lowestInterrupt: RTOSTask.interruptRank, isByPriority: configuration.isPreemptive,
                slicesTime: configuration.isPreemptive && configuration.slicesTime))
        if configuration.startsAtOnce { rule.start() }
        table = Guarded(DispatchTable(rule: rule))
        hasVirtualTicks = counter != nil
        isDirect = configuration.processors == .parallel && counter == nil
        gate = BlockingObject(configuration.startsAtOnce)
        tickNanoseconds = 1_000_000_000 / UInt64(configuration.tickRate)
        beginning = Atomic(hasVirtualTicks ? 0 : MonotonicTime.now.nanoseconds)
        let isPinned = configuration.processors == .single && configuration.staysOnOneProcessor
        processor = isPinned ? hil_thread_get_processor() : -1
    }

    deinit {
        living.destroy()
        gate.destroy()
        schedulerLock.destroy()
    }

    private static let mainConfiguration = Guarded<Configuration?>(initialConfiguration())

    /// Out of line: the compiler (6.3.1) crashes when it lays this out as static data.
    @inline(never)
    private static func initialConfiguration() -> Configuration { Configuration() }

    /// The program's kernel.
    public static let main: Kernel = {
        var configuration = mainConfiguration.withLock { configuration in
            defer { configuration = nil }
            return configuration!
        }
        let settle = configuration.settle
        settle?(&configuration)
        return Kernel(configuration)
    }()

    /// Sets how `main` will work. False if it works already: its first user was before.
    public static func configureMain(_ configuration: Configuration) -> Bool {
        mainConfiguration.withLock { present in
            guard present != nil else { return false }
            present = configuration
            return true
        }
    }

    /// The kernel of the calling task; `main` on a thread that is none.
    public static var current: Kernel { TaskControlBlock.current.pointee.kernel }

    /// Lets tasks run that were made before; with wall ticks, tick 0 begins now. Only of use with
    /// `Configuration.startsAtOnce` false.
    public func start() {
        guard !isStarted else { return }
        if !hasVirtualTicks { beginning.store(MonotonicTime.now.nanoseconds, ordering: .relaxed) }
        gate.peek { isOpen, waiters in
            isOpen = true
            waiters.endAll(.takers, with: .granted)
        }
        decide { $0.start() }
    }

    public var isStarted: Bool { gate.peek { isOpen, _ in isOpen } }

    /// Blocks until every task of this kernel has ended; false if the time is over first. Not for its own tasks.
    public func waitUntilEnded(_ timeout: Timeout = .forever) -> Bool {
        switch living.wait(.takers, timeout, { count, _ in count == 0 ? true : nil }) {
        case .done, .ended(.granted): true
        case .ended: false
        }
    }
}

// MARK: Tasks

extension Kernel {
    /// The tasks that have not ended, in the order of their creation.
    public var tasks: [RTOSTask] { TaskRegistry.tasks(of: self) }

    /// Deletes every task but the caller's own. Their threads end when they next come to a call.
    public func deleteTasks() {
        let caller = Kernel.enter()
        for task in tasks where task.block != caller && task.isAlive { task.orderEnd(by: caller) }
        Kernel.leave(caller)
    }

    func taskMade(_ task: TaskPointer) {
        let number = taskCount.wrappingAdd(1, ordering: .relaxed).oldValue
        // Late wakers may look at the kernel of a task that has ended.
        if number == 0 { _ = Unmanaged.passRetained(self) }
        task.pointee.number = number
        if !task.pointee.isService { living.peek { count, _ in count += 1 } }
    }

    func taskEnded() {
        living.peek { count, waiters in
            count -= 1
            if count == 0 { waiters.endAll(.takers, with: .granted) }
        }
    }
}

// MARK: Time

extension Kernel {
    /// Ticks since the kernel was made.
    public var tickCount: UInt64 {
        if hasVirtualTicks { return virtualTick.load(ordering: .relaxed) }
        return (MonotonicTime.now.nanoseconds &- origin) / tickNanoseconds
    }

    /// The tick count, asked for by a task: a place where tasks are switched, so that a loop that waits for a tick
    /// ends.
    public static func ticks() -> UInt64 {
        let task = enter()
        defer { leave(task) }
        return task.pointee.kernel.tickCount
    }

    /// The kernel's clock: the monotonic clock, or the virtual tick in nanoseconds.
    public var now: MonotonicTime {
        hasVirtualTicks ? time(ofTick: tickCount) : .now
    }

    /// When a tick begins.
    public func time(ofTick tick: UInt64) -> MonotonicTime {
        let (length, overflow) = tick.multipliedReportingOverflow(by: tickNanoseconds)
        return overflow ? .never : MonotonicTime(nanoseconds: origin).advanced(byNanoseconds: length)
    }

    /// The first tick that begins at this time or later.
    func tick(at time: MonotonicTime) -> UInt64 {
        guard time != .never else { return .max }
        let length = time.nanoseconds(since: MonotonicTime(nanoseconds: origin))
        return length / tickNanoseconds + (length % tickNanoseconds == 0 ? 0 : 1)
    }
}
