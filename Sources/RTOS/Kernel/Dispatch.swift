import Glibc

// Where threads meet the dispatch rule: what it says is carried out here, by letting threads sleep and waking them.

extension Kernel {
    /// A task begins a call. Suspends, deletes or switches it if that is due.
    @inline(__always)
    static func enter() -> TaskPointer {
        let task = TaskControlBlock.current
        if task.pointee.attention.load(ordering: .relaxed) != 0 { attend(task) }
        return task
    }

    /// A task ends a call.
    @inline(__always)
    static func leave(_ task: TaskPointer) {
        if task.pointee.attention.load(ordering: .relaxed) != 0 { attend(task) }
    }

    @inline(never)
    private static func attend(_ task: TaskPointer) {
        obey(task)
        guard task.pointee.attention.load(ordering: .relaxed) & TaskControlBlock.Attention.dispatch != 0,
            let member = task.pointee.member, !InterruptContext.isActive
        else { return }
        let hasLostSlot = task.pointee.withKernel { kernel in
            guard kernel.decide({ $0.call(by: member, atWallTick: kernel.tickCount) }) else { return false }
            kernel.awaitSlot(task, member)
            return true
        }
        if hasLostSlot { obey(task) }
    }

    /// The first thing that a task's thread does: it waits for its slot.
    static func begin(_ task: TaskPointer) {
        if let member = task.pointee.member {
            task.pointee.kernel.awaitSlot(task, member)
        } else {
            _ = task.pointee.kernel.gate.wait(.takers, .forever) { isOpen, _ in isOpen ? () : nil }
        }
        obey(task)
    }

    /// Lets equals go first.
    static func yield(_ task: TaskPointer) {
        guard let member = task.pointee.member else {
            sched_yield()
            return
        }
        task.pointee.withKernel { kernel in
            if kernel.decide({ $0.yield(member) }) { kernel.awaitSlot(task, member) }
        }
    }

    /// Has the task that runs, or that was interrupted, let others go first, as if it yielded: an interrupt calls this
    /// where a task that it has woken is to run although tasks do not pre-empt each other. Any thread; otherwise it does
    /// nothing.
    public func switchAfterInterrupt() {
        guard !configuration.isPreemptive, !isDirect else { return }
        decide { $0.switchAfterInterrupt() }
    }

    /// Sees to suspension and deletion, whoever ordered it.
    private static func obey(_ task: TaskPointer) {
        var hasStopped = false
        defer { if hasStopped { task.pointee.isStopped.store(false, ordering: .relaxed) } }
        while true {
            let attention = task.pointee.attention.load(ordering: .acquiring)
            guard attention & ~TaskControlBlock.Attention.dispatch != 0, task.pointee.mayStopNow else { return }
            hasStopped = true
            task.pointee.isStopped.store(true, ordering: .releasing)
            if attention & TaskControlBlock.Attention.deleted != 0 { pthread_exit(nil) }
            _ = park(task, until: .never)
        }
    }

    /// Blocks the calling thread, which runs `task`, until it is woken or the deadline has come; false at the
    /// deadline. It may return early.
    static func park(_ task: TaskPointer, until deadline: MonotonicTime) -> Bool {
        guard let member = task.pointee.member else { return task.pointee.place.park(until: deadline) }
        return task.pointee.withKernel { $0.park(task, member, until: deadline) }
    }

    private func park(_ task: TaskPointer, _ member: DispatchRule.Member, until deadline: MonotonicTime) -> Bool {
        let tick = hasVirtualTicks ? tick(at: deadline) : .max
        if decide({ $0.block(member, until: tick) }) {
            awaitSlot(task, member, until: hasVirtualTicks ? .never : deadline)
        }
        guard deadline != .never else { return true }
        return table.withLock { !$0.rule.takeTimeOut(member) }
    }

    /// Sleeps until the rule lets the task run. A wake that was meant for an earlier user of its block does not count.
    ///
    /// - Parameter deadline: when to tell the rule that a wait on the wall clock is over.
    func awaitSlot(_ task: TaskPointer, _ member: DispatchRule.Member, until deadline: MonotonicTime = .never) {
        var deadline = deadline
        while true {
            if task.pointee.place.park(until: deadline) {
                if table.withLock({ $0.rule.activity(of: member) == .running }) { return }
            } else {
                decide { _ = $0.expire(member) }
                deadline = .never
            }
        }
    }

    /// Lets the task's present or next `park` return. Any thread. No place to switch: that is `leave`.
    static func wake(_ task: TaskPointer) {
        guard let member = task.pointee.member else { return task.pointee.place.unpark() }
        task.pointee.withKernel { $0.decide { $0.wake(member) } }
    }

    /// Tells the rule what happened, and lets those run that it names.
    @discardableResult
    func decide<Result: Sendable>(_ event: @Sendable (inout DispatchRule) -> Result) -> Result {
        var (result, next) = table.withLock { table in
            let result = event(&table.rule)
            return (result, nextToRun(&table))
        }
        while let task = next {
            task.pointer.pointee.place.unpark()
            next = table.withLock { nextToRun(&$0) }
        }
        return result
    }

    private func nextToRun(_ table: inout DispatchTable) -> TaskReference? {
        let member = table.rule.nextToRun()
        if hasVirtualTicks { virtualTick.store(table.rule.now, ordering: .relaxed) }
        guard let member, let task = table.tasks[member] else { return nil }
        let number = task.pointer.pointee.number
        if let onSwitch = configuration.onSwitch, number != table.lastRun, table.rule.sharesSlots(member) {
            table.lastRun = number
            onSwitch(TaskSwitch(tick: table.rule.now, task: number))
        }
        return task
    }

    // MARK: Members

    /// A task comes under the rule.
    func join(_ task: TaskPointer, priority: Int, sharesSlots: Bool) {
        let task = TaskReference(pointer: task)
        let member = table.withLock { table in
            let member = table.rule.join(priority: priority, sharesSlots: sharesSlots)
            if member == table.tasks.count { table.tasks.append(nil) }
            table.tasks[member] = task
            return member
        }
        task.pointer.pointee.member = member
        if sharesSlots { task.pointer.pointee.order(TaskControlBlock.Attention.dispatch) }
        decide { _ in }
    }

    /// The task of this member has ended, and its slot is free.
    func leave(_ member: DispatchRule.Member) {
        table.withLock { $0.tasks[member] = nil }
        decide { $0.leave(member) }
    }
}

/// The rule and the tasks that its members stand for.
struct DispatchTable: Sendable {
    var rule: DispatchRule
    var tasks: [TaskReference?] = []
    var lastRun: UInt32?
}

/// A task's block on its way through a lock. Blocks are never freed.
struct TaskReference: @unchecked Sendable {
    let pointer: TaskPointer
}
