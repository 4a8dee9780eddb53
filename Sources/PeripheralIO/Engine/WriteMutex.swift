import RTOS

/// The write mutex of a peripheral, as FreeRTOS+IO's zero-copy transfer mode has it: a plain value whose methods take
/// an event and answer what follows from it.
///
/// A task obtains it before it writes; the write itself hands it to the interrupt, and the interrupt gives it back when
/// the last byte has gone. It is not recursive. A waiter gets it directly from whoever gives it back, so that nobody
/// can slip in between.
struct WriteMutex<Task: Hashable>: Hashable {
    enum State: Hashable {
        case free
        /// A task may write, or release it.
        case held(Task)
        /// The interrupt has it, and the buffer of the write.
        case writing
    }

    enum ObtainOutcome: Hashable {
        case obtained
        /// The task is in the queue now.
        case waiting
        /// It is not free, and the task does not want to wait.
        case notFree
        /// The task holds it already.
        case alreadyHeld
    }

    enum ReleaseOutcome: Hashable {
        /// It is free, or belongs to this task now, which has to be woken.
        case released(next: Task?)
        /// The task does not hold it.
        case refused
    }

    private(set) var state = State.free
    private(set) var waiters = WaitQueue<Task>(expecting: 16)

    /// No task holds it and nothing is being written: the only state in which the transfer mode may change.
    var isFree: Bool { state == .free }

    func isHeld(by task: Task) -> Bool { state == .held(task) }

    /// A task asks for it.
    mutating func obtain(by task: Task, priority: UInt8, mayWait: Bool) -> ObtainOutcome {
        switch state {
        case .free:
            state = .held(task)
            return .obtained
        case .held(task):
            return .alreadyHeld
        case .held, .writing:
            guard mayWait else { return .notFree }
            waiters.insert(task, priority: priority)
            return .waiting
        }
    }

    /// A waiting task's time is over. True if it had been given the mutex just before, which it then keeps.
    mutating func stopWaiting(_ task: Task) -> Bool {
        waiters.remove(task)
        return isHeld(by: task)
    }

    /// A task starts a write. False, and nothing changes, unless it holds the mutex.
    mutating func beginWrite(by task: Task) -> Bool {
        guard isHeld(by: task) else { return false }
        state = .writing
        return true
    }

    /// The interrupt starts to write by itself. False, and nothing changes, unless the mutex is free.
    mutating func beginWriteInInterrupt() -> Bool {
        guard isFree else { return false }
        state = .writing
        return true
    }

    /// A task gives it back without writing.
    mutating func release(by task: Task) -> ReleaseOutcome {
        guard isHeld(by: task) else { return .refused }
        return .released(next: passOn())
    }

    /// The interrupt has moved the last byte, or the write has failed. Answers the task that has it now, if any.
    mutating func writeEnded() -> Task? {
        guard state == .writing else { return nil }
        return passOn()
    }

    /// A task has been deleted or has returned. Answers the task that has the mutex because of that, if any.
    mutating func taskEnded(_ task: Task) -> Task? {
        waiters.remove(task)
        return isHeld(by: task) ? passOn() : nil
    }

    /// The peripheral is gone. Answers who waited, one at a time.
    mutating func nextAbandonedWaiter() -> Task? {
        waiters.popFirst()
    }

    private mutating func passOn() -> Task? {
        let next = waiters.popFirst()
        state = next.map(State.held) ?? .free
        return next
    }
}

extension WriteMutex: Sendable where Task: Sendable {}
extension WriteMutex.State: Sendable where Task: Sendable {}
