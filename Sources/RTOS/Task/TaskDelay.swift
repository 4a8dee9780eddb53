/// Letting time pass, and letting others go first.
extension RTOSTask {
    /// Waits for a number of ticks, the present one included; with `now` lets equals go first. False if `abortDelay`
    /// ended it early, or if the caller may not wait.
    @discardableResult
    public static func delay(_ timeout: Timeout) -> Bool {
        if timeout == .now {
            yield()
            return true
        }
        var deadline = Deadline(timeout)
        return delay(until: &deadline)
    }

    /// Waits until the kernel's tick count is `tick`; at once if it is already.
    @discardableResult
    public static func delay(untilTick tick: UInt64) -> Bool {
        var deadline = Deadline(atTick: tick)
        return delay(until: &deadline)
    }

    /// For tasks that work periodically: waits until `period` ticks after `previous`, and sets that to the tick it
    /// waited for. False if that time had passed already, and there was no wait: FreeRTOS's `xTaskDelayUntil`.
    @discardableResult
    public static func delay(until previous: inout UInt64, period: UInt32) -> Bool {
        previous &+= UInt64(period)
        guard previous > Kernel.ticks() else { return false }
        return delay(untilTick: previous)
    }

    private static func delay(until deadline: inout Deadline) -> Bool {
        let task = TaskControlBlock.current
        // Nothing is ever granted to a task in a delay: only its time or an abort ends it.
        let outcome = task.pointee.signals.wait(
            .takers, until: &deadline, request: WaitRequest(option: TaskSignals.delay)
        ) { _, _ -> Void? in nil }
        if case .ended(.timedOut) = outcome { return true }
        return false
    }

    /// Lets tasks of the same priority go first.
    public static func yield() {
        let task = Kernel.enter()
        Kernel.yield(task)
        Kernel.leave(task)
    }

    /// The tick at which the wait that the task is in ends at the latest; nil if it is in none, or waits for ever.
    public var wakeTick: UInt64? {
        guard isAlive, block.pointee.isWaiting.load(ordering: .relaxed) else { return nil }
        let end = MonotonicTime(nanoseconds: block.pointee.waitEnd.load(ordering: .relaxed))
        return end == .never ? nil : block.pointee.kernel.tick(at: end)
    }
}
