/// A timer whose callback runs in the timer service's task, once or again and again.
///
/// Times are in ticks of the kernel. A timer that repeats is due at whole periods after its start, however late its
/// callback ran. Starting and stopping never block, and interrupts may; they take effect at once. A callback that is
/// under way when its timer is stopped or dropped runs to its end.
public final class SoftwareTimer: Sendable {
    public let name: String
    /// The service that runs it.
    public let service: TimerService
    private let index: TimerTable.Index

    /// - Parameters:
    ///   - period: in ticks, at least 1.
    ///   - repeats: false for once after each start.
    ///   - callback: runs in the service's task. It should not wait.
    public init(
        name: String = "", period: UInt32, repeats: Bool, kernel: Kernel = .current,
        _ callback: @escaping @Sendable () -> Void
    ) {
        precondition(period > 0, "a timer needs a period")
        self.name = name
        service = kernel.timerService
        index = service.object.perform { state, _ in
            let index = state.timers.add(period: period, reloads: repeats)
            if index == state.callbacks.count { state.callbacks.append(nil) }
            state.callbacks[index] = callback
            return index
        }
    }

    deinit {
        // The callback may own things whose end wants the service's lock.
        var callback: (@Sendable () -> Void)?
        service.object.perform { state, _ in
            state.timers.remove(index)
            swap(&callback, &state.callbacks[index])
        }
    }

    /// Starts it, or starts it again: due one period from now, counted from the present tick or from `tick`.
    ///
    /// - Parameters:
    ///   - period: a new period, in ticks, at least 1; nil to keep the one it has.
    ///   - delay: ticks to the first time, if that is not a period.
    public func start(period: UInt32? = nil, delay: UInt32? = nil, countingFrom tick: UInt64? = nil) {
        precondition(period != 0, "a timer needs a period")
        let now = tick ?? service.kernel.tickCount
        change { timers in
            if let period { timers.setPeriod(period, of: index) }
            timers.start(index, at: now, delay: delay)
        }
    }

    /// False if it did not run.
    @discardableResult
    public func stop() -> Bool {
        service.object.perform { state, _ in state.timers.stop(index) }
    }

    /// In parallel, blocks until a callback that is under way has returned or waits for something, but not for ever:
    /// for whoever has stopped the timer and takes away what the callback uses. In the callback itself it does nothing.
    public func awaitCallback() {
        service.task.awaitQuiet(by: TaskControlBlock.current) {
            service.object.peek { state, _ in state.called != index }
        }
    }

    public var isRunning: Bool { service.object.perform { state, _ in state.timers.isRunning(index) } }
    /// In ticks.
    public var period: UInt32 { service.object.perform { state, _ in state.timers.period(index) } }
    /// The tick at which it is due; nil if it does not run.
    public var expiry: UInt64? { service.object.perform { state, _ in state.timers.expiry(index) } }

    public var repeats: Bool {
        get { service.object.perform { state, _ in state.timers.reloads(index) } }
        set { service.object.perform { state, _ in state.timers.setReloads(newValue, of: index) } }
    }

    private func change(_ change: (inout TimerTable) -> Void) {
        service.object.perform { state, waiters in
            let before = state.timers.nextExpiry
            change(&state.timers)
            // The service sleeps until what was due next.
            if state.timers.nextExpiry != before {
                state.changes += 1
                waiters.grantFirst(.takers)
            }
        }
    }
}
