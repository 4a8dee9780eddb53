/// Masks interrupts and keeps other tasks out: FreeRTOS's `taskENTER_CRITICAL`.
///
/// While a task is in a critical section, no other one is in any, no interrupt is in `InterruptContext.run`, and on a
/// single core no other task runs. It nests, and is for a few instructions: a task that waits in it lets it go
/// meanwhile, as on the target.
public enum CriticalSection {
    nonisolated(unsafe) private static let lock = {
        let lock = UnsafeMutablePointer<ObjectLock>.allocate(capacity: 1)
        lock.initialize(to: ObjectLock())
        return lock
    }()

    /// Blocks while another thread is inside. Interrupts may call it.
    public static func enter() {
        let task = Kernel.enter()
        if task.own.pointee.criticalNesting == 0 {
            lock.lock()
            Kernel.hold(task)
        }
        task.own.pointee.criticalNesting += 1
    }

    /// Ends the innermost critical section of the calling thread, which must be in one.
    public static func exit() {
        let task = TaskControlBlock.current
        precondition(task.own.pointee.criticalNesting > 0, "left a critical section that was not entered")
        task.own.pointee.criticalNesting -= 1
        if task.own.pointee.criticalNesting == 0 {
            lock.unlock()
            Kernel.release(task)
            Kernel.leave(task)
        }
    }

    /// Whether the calling thread is in a critical section.
    public static var isActive: Bool { TaskControlBlock.current.own.pointee.criticalNesting > 0 }

    public static func run<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        enter()
        defer { exit() }
        return try body()
    }

    /// A task is about to wait: interrupts are let through. Answers what `takeAgain` needs.
    static func letGo(_ task: TaskPointer) -> Int {
        let nesting = task.own.pointee.criticalNesting
        if nesting > 0 {
            task.own.pointee.criticalNesting = 0
            lock.unlock()
        }
        return nesting
    }

    static func takeAgain(_ task: TaskPointer, _ nesting: Int) {
        guard nesting > 0 else { return }
        lock.lock()
        task.own.pointee.criticalNesting = nesting
    }
}
