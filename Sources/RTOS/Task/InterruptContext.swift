import CLinux

/// Whether the calling thread plays an interrupt service routine: it must not block, and waits for no object.
public enum InterruptContext {
    public static var isActive: Bool { hil_in_interrupt_get() != 0 }

    /// Marks the calling thread as an interrupt, for good or for a while.
    public static func set(_ active: Bool) {
        hil_in_interrupt_set(active ? 1 : 0)
    }

    /// Runs `body` as one interrupt: critical sections of tasks keep it waiting, and it keeps them waiting.
    public static func run<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let wasActive = isActive
        set(true)
        CriticalSection.enter()
        if !wasActive { _ = takeHasWoken() }
        defer {
            set(wasActive)
            CriticalSection.exit()
        }
        return try body()
    }

    /// Whether a call of this thread has woken a task since this was last asked or `run` began: FreeRTOS's
    /// `pxHigherPriorityTaskWoken`.
    public static func takeHasWoken() -> Bool {
        let task = TaskControlBlock.current
        defer { task.own.pointee.hasWoken = false }
        return task.own.pointee.hasWoken
    }
}
