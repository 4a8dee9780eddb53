/// Keeps other tasks out, but not interrupts: `osKernelLock`, `vTaskSuspendAll`, `OSSchedLock`.
///
/// On a single core no other task runs until it is unlocked. In parallel, tasks that run go on, and one that locks the
/// scheduler as well waits: it protects what all its users lock it for. Whoever has it locked cannot wait for anything.
extension Kernel {
    /// Locks the scheduler for the calling task; nests. Not in an interrupt: there it does nothing and answers false.
    @discardableResult
    public static func lockScheduler() -> Bool {
        guard !InterruptContext.isActive else { return false }
        let task = Kernel.enter()
        if task.own.pointee.schedulerLockNesting == 0 {
            // Held by others, it is handed over.
            _ = task.pointee.kernel.schedulerLock.wait(.takers, .forever) { isLocked, _ -> Void? in
                guard !isLocked else { return nil }
                isLocked = true
                return ()
            }
            hold(task)
        }
        task.own.pointee.schedulerLockNesting += 1
        return true
    }

    /// Takes one `lockScheduler` back; at the last one tasks are switched if that is due. False if it was not locked
    /// by the calling task.
    @discardableResult
    public static func unlockScheduler() -> Bool {
        let task = TaskControlBlock.current
        guard task.own.pointee.schedulerLockNesting > 0 else { return false }
        task.own.pointee.schedulerLockNesting -= 1
        if task.own.pointee.schedulerLockNesting == 0 {
            release(task)
            task.pointee.kernel.schedulerLock.perform { isLocked, waiters in
                if !waiters.grantFirst(.takers) { isLocked = false }
            }
        }
        return true
    }

    /// How often the calling task has locked the scheduler and not unlocked it.
    public static var schedulerLockDepth: Int { TaskControlBlock.current.own.pointee.schedulerLockNesting }

    /// A task keeps its slot from now on.
    static func hold(_ task: TaskPointer) {
        guard let member = task.pointee.member else { return }
        task.pointee.kernel.table.withLock { $0.rule.hold(member) }
    }

    static func release(_ task: TaskPointer) {
        guard let member = task.pointee.member else { return }
        task.pointee.kernel.table.withLock { $0.rule.release(member) }
    }
}
