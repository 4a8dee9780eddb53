import Glibc

/// What a task is doing.
public enum TaskState: Hashable, Sendable {
    case running, ready, blocked, suspended, deleted
}

/// Suspending, resuming, deleting and waiting for the end of tasks.
///
/// In parallel, a task that runs is stopped at its next call of this module; whoever stops it waits for that, for a
/// while.
extension RTOSTask {
    /// What the task does at this moment. A task that waits for a slot is `ready`; in parallel one that does not wait
    /// is `running`.
    public var state: TaskState {
        let attention = block.pointee.attention.load(ordering: .acquiring)
        guard isAlive, attention & TaskControlBlock.Attention.deleted == 0 else { return .deleted }
        if attention & TaskControlBlock.Attention.suspended != 0 { return .suspended }
        if block.pointee.isWaiting.load(ordering: .relaxed) {
            return block.pointee.kernel.isStarted ? .blocked : .ready
        }
        guard let member = block.pointee.member else { return .running }
        return switch block.pointee.kernel.table.withLock({ $0.rule.activity(of: member) }) {
        case .running: .running
        case .ready: .ready
        case .blocked, .outside: .blocked
        case .vacant: .deleted
        }
    }

    /// Whether it is in a wait, suspended or not.
    public var isWaiting: Bool { isAlive && block.pointee.isWaiting.load(ordering: .relaxed) }

    /// Stops the task until `resume`; any number of times counts once. False if it has ended.
    ///
    /// - Parameter endingWait: true to end the wait it may be in, which then ends as aborted when it is resumed;
    ///   false to let it wait on, and stop when that ends.
    @discardableResult
    public func suspend(endingWait: Bool = false) -> Bool {
        let caller = Kernel.enter()
        defer { Kernel.leave(caller) }
        guard isAlive else { return false }
        block.pointee.order(TaskControlBlock.Attention.suspended)
        if endingWait, endWait() { return true }
        awaitStop(by: caller)
        return true
    }

    /// Lets a suspended task go on; false if it was not suspended. Any thread, interrupts too.
    @discardableResult
    public func resume() -> Bool {
        let caller = Kernel.enter()
        defer { Kernel.leave(caller) }
        guard state == .suspended else { return false }
        block.pointee.withdraw(TaskControlBlock.Attention.suspended)
        block.pointee.isStopped.store(false, ordering: .relaxed)
        caller.own.pointee.hasWoken = true
        Kernel.wake(block)
        return true
    }

    /// Ends the task: at once if it waits or has no slot, otherwise at its next call. False if it has ended already.
    /// Does not return if it is the caller's own.
    ///
    /// Its mutexes are freed. What else it had, memory above all, is not: nothing on its stack is cleaned up.
    @discardableResult
    public func delete() -> Bool {
        let caller = Kernel.enter()
        guard isAlive else { return false }
        if !orderEnd(by: caller) { awaitStop(by: caller) }
        Kernel.leave(caller)
        return true
    }

    /// Has the task end at its next call. True if it was in a wait, and so in a call.
    @discardableResult
    func orderEnd(by caller: TaskPointer) -> Bool {
        if block != caller { PriorityInheritance.rushOut(self) }
        block.pointee.order(TaskControlBlock.Attention.deleted)
        guard block != caller else { return false }
        let wasInWait = endWait()
        Kernel.wake(block)
        TaskEnd.announceOrder(self)
        return wasInWait
    }

    /// Ends the calling task.
    public static func exit() -> Never {
        pthread_exit(nil)
    }

    /// Ends the wait of a blocked task, whatever it waits for: a delay ends early, an object's wait as aborted. False
    /// if it did not wait.
    @discardableResult
    public func abortDelay() -> Bool {
        let caller = Kernel.enter()
        defer { Kernel.leave(caller) }
        return endWait()
    }

    @discardableResult
    private func endWait() -> Bool {
        VisitLock.withLock { Waiting.end(block, serial: serial, with: .aborted) }
    }

    /// Waits until the task has ended; false if the time is over first. Any number of tasks may wait for one.
    @discardableResult
    public func join(_ timeout: Timeout = .forever) -> Bool {
        let serial = serial
        let outcome = block.pointee.signals.wait(.givers, timeout) { signals, _ in
            signals.serial == serial ? nil : true
        }
        return switch outcome {
        case .done, .ended(.granted): true
        case .ended: false
        }
    }

    /// Somebody has deleted it, and it ends at its next call.
    public var isToEnd: Bool { isAlive && block.pointee.isToBeDeleted }

    /// Stops the calling task here if somebody has suspended it, and ends it if somebody has deleted it.
    public static func stopIfOrdered() {
        if TaskControlBlock.current.pointee.isToStop { Kernel.switchIfDue() }
    }

    /// Keeps the calling task from being suspended or deleted while `body` runs: for those who hold something that
    /// others need.
    public static func withoutBeingStopped<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let task = TaskControlBlock.current
        task.own.pointee.stopDeferrals += 1
        defer { task.own.pointee.stopDeferrals -= 1 }
        return try body()
    }
}
