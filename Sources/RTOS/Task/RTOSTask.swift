import CLinux

/// A task: a thread with a name and a priority, known to every object that it may wait for.
///
/// A handle is a plain value without reference counts, good as a key, and outlives the task: one of an ended task
/// compares unequal to all others. Any thread becomes a task the first time it asks for `current`, with priority
/// `defaultPriority`.
public struct RTOSTask: Hashable, @unchecked Sendable {
    /// The priority of a thread that was not started as a task.
    public static let defaultPriority: UInt8 = 24

    /// Above all priorities of tasks, and one more for a task that an interrupt has interrupted.
    static let interruptRank = 257
    /// Above all: a task that is to be deleted gets out of the way first.
    static let endingRank = 512

    let block: TaskPointer
    let serial: UInt64

    /// The task that the calling thread runs.
    public static var current: RTOSTask {
        let block = TaskControlBlock.current
        return RTOSTask(block: block, serial: block.pointee.serial.load(ordering: .relaxed))
    }

    /// Starts a task on a thread of its own. The name's first 15 bytes show in `ps` and `top`.
    ///
    /// The thread is detached: `body` or `join` tells whoever waits for it. On a single core, a task of higher
    /// priority than the caller's has come to its first wait when this returns.
    ///
    /// - Parameters:
    ///   - kernel: whose task it is; the calling task's if left out.
    ///   - willStart: called with the task before its first instruction: the place to note its handle, since the task
    ///     may have ended when this returns.
    @discardableResult
    public static func start(
        name: String, priority: UInt8 = defaultPriority, kernel: Kernel? = nil,
        willStart: (RTOSTask) -> Void = { _ in },
        _ body: @escaping @Sendable () -> Void
    ) -> RTOSTask {
        start(
            name: name, priority: priority, kernel: kernel, isInterrupt: false, isService: false, willStart: willStart,
            body)
    }

    /// Starts a thread that plays an interrupt for this kernel's tasks. It has a slot before any of them, so that with
    /// virtual ticks its work has its place in the sequence.
    @discardableResult
    public static func startInterrupt(
        name: String, kernel: Kernel? = nil, _ body: @escaping @Sendable () -> Void
    ) -> RTOSTask {
        start(name: name, priority: .max, kernel: kernel, isInterrupt: true, isService: true, body)
    }

    static func start(
        name: String, priority: UInt8, kernel: Kernel?, isInterrupt: Bool, isService: Bool,
        willStart: (RTOSTask) -> Void = { _ in },
        _ body: @escaping @Sendable () -> Void
    ) -> RTOSTask {
        let creator = Kernel.enter()
        let kernel = kernel ?? creator.pointee.kernel
        let task = TaskRegistry.make(
            name: name, priority: priority, kernel: kernel, isInterrupt: isInterrupt, isService: isService)
        willStart(task)
        RTOSThread.start(name: name) {
            TaskControlBlock.bind(task.block)
            if kernel.processor >= 0 { _ = hil_thread_stay_on_processor(kernel.processor) }
            Kernel.begin(task.block)
            if isInterrupt { InterruptContext.set(true) }
            body()
        }
        Kernel.leave(creator)
        return task
    }

    /// What the task is called: in diagnostics, and as the name of its thread.
    public var name: String { TaskRegistry.name(serial) ?? "ended task" }

    /// Counts a kernel's tasks in the order of their creation, from 0.
    public var number: UInt32 { block.pointee.number }

    /// Who is let through first among those who wait, and on a single core who runs: a higher number before a lower
    /// one. It is the task's own priority or one that it has inherited; setting it sets its own. Of an ended task it
    /// means nothing, and setting it does nothing.
    public var priority: UInt8 {
        get { block.pointee.priority.load(ordering: .relaxed) }
        nonmutating set {
            let task = Kernel.enter()
            PriorityInheritance.setBase(newValue, of: self)
            Kernel.leave(task)
        }
    }

    /// The task's own priority, without what it has inherited.
    public var basePriority: UInt8 { block.pointee.basePriority.load(ordering: .relaxed) }

    /// Blocks the calling thread, which must run this task, until `unpark` or the deadline; false at the deadline.
    ///
    /// It may return early: look again at what is waited for. The deadline is on the clock of the task's kernel.
    @discardableResult
    public func park(until deadline: MonotonicTime) -> Bool {
        let task = Kernel.enter()
        task.pointee.isWaiting.store(true, ordering: .relaxed)
        let isWoken = Kernel.park(task, until: deadline)
        task.pointee.isWaiting.store(false, ordering: .relaxed)
        Kernel.leave(task)
        return isWoken
    }

    /// Lets the task's present or next `park` return. Any thread, interrupts too; never blocks.
    public func unpark() {
        let task = TaskControlBlock.current
        task.own.pointee.hasWoken = true
        Kernel.wake(block)
        Kernel.leave(task)
    }

    /// The same, but no place to switch tasks: for a caller that holds a lock.
    public func unparkWithoutSwitching() {
        TaskControlBlock.current.own.pointee.hasWoken = true
        Kernel.wake(block)
    }

    public static func == (left: RTOSTask, right: RTOSTask) -> Bool {
        left.serial == right.serial
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(serial)
    }

    /// Whether the block still belongs to this task.
    var isAlive: Bool { block.pointee.serial.load(ordering: .acquiring) == serial }
}

extension RTOSTask: CustomStringConvertible {
    public var description: String { name }
}
