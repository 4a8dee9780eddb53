import RTOS

/// Calls that interrupts make: from completion threads, from tick hooks, from any foreign thread.
enum InterruptCall {
    /// Runs `body` as an interrupt: nothing in it blocks, and critical sections of tasks keep it waiting. `woken` becomes
    /// true if it woke a task, and stays as it is otherwise.
    @inline(__always)
    static func run<Result>(_ woken: UnsafeMutablePointer<Int>?, _ body: () -> Result) -> Result {
        let wasInterrupt = InterruptContext.isActive
        InterruptContext.set(true)
        CriticalSection.enter()
        _ = InterruptContext.takeHasWoken()
        let result = body()
        if InterruptContext.takeHasWoken() { woken?.pointee = 1 }
        InterruptContext.set(wasInterrupt)
        CriticalSection.exit()
        return result
    }
}
