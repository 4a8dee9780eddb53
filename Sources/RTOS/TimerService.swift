/// The task that runs the callbacks of a kernel's software timers, and functions that others leave to it.
///
/// One task runs them all, one after the other, so a callback that waits delays every timer. The task sleeps until
/// the next timer is due, and for ever if none runs.
public final class TimerService: Sendable {
    struct State {
        var timers = TimerTable()
        var callbacks: [(@Sendable () -> Void)?] = []
        /// Whose callback is under way.
        var called: TimerTable.Index?
        /// A ring of `capacity` places.
        var calls: [(@Sendable () -> Void)?]
        var firstCall = 0
        var callCount = 0
        /// Goes up with everything that the service has to look at.
        var changes: UInt64 = 0

        init(capacity: Int) {
            calls = Array(repeating: nil, count: capacity)
        }

        mutating func push(_ call: @escaping @Sendable () -> Void) -> Bool {
            guard callCount < calls.count else { return false }
            calls[(firstCall + callCount) % calls.count] = call
            callCount += 1
            changes += 1
            return true
        }

        mutating func popCall() -> (@Sendable () -> Void)? {
            guard callCount > 0 else { return nil }
            defer {
                calls[firstCall] = nil
                firstCall = (firstCall + 1) % calls.count
                callCount -= 1
            }
            return calls[firstCall]
        }
    }

    let kernel: Kernel
    let object: BlockingObject<State>
    private let ownTask = Guarded<RTOSTask?>(nil)

    /// The task itself.
    public var task: RTOSTask { ownTask.withLock { $0! } }

    /// - Parameters:
    ///   - priority: of the task; FreeRTOS's `configTIMER_TASK_PRIORITY`.
    ///   - capacity: how many functions may wait to be called; FreeRTOS's `configTIMER_QUEUE_LENGTH`.
    init(kernel: Kernel, priority: UInt8, capacity: Int) {
        self.kernel = kernel
        object = BlockingObject(State(capacity: capacity))
        let task = RTOSTask.start(
            name: "timers", priority: priority, kernel: kernel, isInterrupt: false, isService: true
        ) { [unowned self] in serve() }
        ownTask.withLock { $0 = task }
    }

    /// Has the task call a function: FreeRTOS's `xTimerPendFunctionCall`. Waits for room at most for `timeout`, in an
    /// interrupt not at all; false if there was none.
    public func call(_ timeout: Timeout = .now, _ function: @escaping @Sendable () -> Void) -> Bool {
        var deadline = Deadline(InterruptContext.isActive ? .now : timeout)
        while true {
            let outcome = object.wait(.givers, until: &deadline) { state, waiters -> Void? in
                guard state.push(function) else { return nil }
                waiters.grantFirst(.takers)
                return ()
            }
            switch outcome {
            case .done: return true
            // There was room; somebody may have been faster.
            case .ended(.granted): continue
            case .ended: return false
            }
        }
    }

    private enum Work {
        case call(@Sendable () -> Void)
        case wait(until: UInt64?, changes: UInt64)
    }

    private func serve() {
        while true {
            let now = kernel.tickCount
            let work = object.perform { state, waiters -> Work in
                state.called = nil
                if let call = state.popCall() {
                    waiters.grantFirst(.givers)
                    return .call(call)
                }
                if let timer = state.timers.popDue(at: now), let callback = state.callbacks[timer] {
                    state.called = timer
                    return .call(callback)
                }
                return .wait(until: state.timers.nextExpiry, changes: state.changes)
            }
            switch work {
            case .call(let function): function()
            case .wait(let expiry, let changes):
                var deadline = expiry.map(Deadline.init(atTick:)) ?? Deadline(.forever)
                _ = object.wait(.takers, until: &deadline) { state, _ in state.changes == changes ? nil : () }
            }
        }
    }
}

extension Kernel {
    /// The kernel's timer service; its task is made at the first use.
    public var timerService: TimerService {
        // Nobody else of this kernel may run and ask for it while it is being made.
        let task = Kernel.enter()
        Kernel.hold(task)
        defer {
            Kernel.release(task)
            Kernel.leave(task)
        }
        return service.withLock { service in
            if let service { return service }
            let made = TimerService(
                kernel: self, priority: configuration.timerPriority, capacity: configuration.timerQueueLength)
            service = made
            return made
        }
    }
}
