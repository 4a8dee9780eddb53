/// A mutex between tasks: one owner, priority inheritance, recursion if wanted.
///
/// Choose a `Semaphore` to signal something; this one is for keeping others out, and only its owner can release it.
/// While a task of higher priority waits, the owner has that priority (`PriorityInheritance` says for how long). It is
/// robust: a task that ends frees what it holds. Waiters get it directly, highest priority first, so that nobody can
/// slip in between.
///
/// Not for interrupts. Safe to use from every task at once; an acquire or release that nobody contends takes one short
/// lock and no system call.
public final class RTOSMutex: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// It is held by another, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        case aborted
        case deleted
        /// The caller holds it already, and it is not recursive.
        case alreadyHeld
        /// The caller does not hold it.
        case notOwner
        case inInterrupt
        case schedulerLocked
    }

    public let name: String
    let object: BlockingObject<MutexOwnership<TaskPointer>>

    public init(name: String = "", isRecursive: Bool = false) {
        self.name = name
        object = BlockingObject(MutexOwnership(isRecursive: isRecursive))
        object.header.body.pointee.isMutex = true
        PriorityInheritance.add(object.header)
    }

    deinit {
        delete()
        PriorityInheritance.remove(object.header)
        object.destroy()
    }

    /// Blocks until the mutex is the calling task's, at most for `timeout`.
    public func acquire(_ timeout: Timeout = .forever) throws(Failure) {
        guard !InterruptContext.isActive else { throw .inInterrupt }
        let task = TaskControlBlock.current
        let outcome = object.wait(.takers, timeout) {
            ownership, waiters -> MutexOwnership<TaskPointer>.AcquireOutcome? in
            let outcome = ownership.acquire(by: task)
            if outcome == .acquired { Self.gain(task, waiters.header) }
            return outcome == .busy ? nil : outcome
        }
        switch outcome {
        case .done(.refused): throw .alreadyHeld
        case .done, .ended(.granted): return
        case .ended(.wouldBlock): throw .wouldBlock
        case .ended(.deleted): throw .deleted
        case .ended(.inInterrupt): throw .inInterrupt
        case .ended(.schedulerLocked): throw .schedulerLocked
        case .ended(.timedOut):
            giveUp(task)
            throw .timedOut
        case .ended(.aborted):
            giveUp(task)
            throw .aborted
        }
    }

    /// Gives the mutex to the next waiter, or frees it, when it was released as often as it was acquired.
    public func release() throws(Failure) {
        guard !InterruptContext.isActive else { throw .inInterrupt }
        let task = Kernel.enter()
        // The priority is given back before anybody who waited is let run.
        let outcome = object.peek { ownership, waiters -> MutexOwnership<TaskPointer>.ReleaseOutcome? in
            if waiters.isDeleted { return nil }
            let outcome = ownership.release(by: task)
            if outcome == .free { Self.passOn(&ownership, &waiters, from: task) }
            return outcome
        }
        if outcome == .free { PriorityInheritance.mutexLost(by: task) }
        Kernel.leave(task)
        switch outcome {
        case .notOwner: throw .notOwner
        case nil: throw .deleted
        default: return
        }
    }

    /// Runs `body` with the mutex held.
    public func withLock<Result>(_ body: () -> Result) throws(Failure) -> Result {
        try acquire()
        let result = body()
        try release()
        return result
    }

    /// The task that holds it.
    public var owner: RTOSTask? {
        object.perform { ownership, _ in
            ownership.owner.map { RTOSTask(block: $0, serial: $0.pointee.serial.load(ordering: .relaxed)) }
        }
    }

    /// How many tasks wait for it.
    public var waiterCount: Int { object.perform { _, waiters in waiters.count(.takers) } }

    /// Ends the wait of the first waiter, or of all, with `aborted`. Answers how many those were.
    @discardableResult
    public func abortWait(ofAll: Bool = false) -> Int {
        object.perform { _, waiters in
            if ofAll { return waiters.endAll(.takers, with: .aborted) }
            guard let first = waiters.first(.takers) else { return 0 }
            waiters.end(first, with: .aborted)
            return 1
        }
    }

    /// Ends every wait with `deleted`, now and from now on; the owner no longer holds it. Answers how many waited.
    @discardableResult
    public func delete() -> Int {
        let task = Kernel.enter()
        var owner: TaskPointer?
        let count = object.peek { ownership, waiters in
            owner = ownership.owner
            ownership.passOn(to: nil)
            if let owner { Self.lose(owner, waiters.header) }
            waiters.header.body.pointee.isDeleted = true
            return waiters.endAll(.takers, with: .deleted)
        }
        if let owner { PriorityInheritance.mutexLost(by: owner) }
        Kernel.leave(task)
        return count
    }

    /// The mutexes of a task that ends go to whoever waits for them.
    static func releaseAll(heldBy task: TaskPointer) {
        guard task.pointee.mutexesHeld.load(ordering: .relaxed) > 0 else { return }
        PriorityInheritance.forEachMutex { header in
            BlockingObject<MutexOwnership<TaskPointer>>(header: header).peek { ownership, waiters in
                if ownership.owner == task { passOn(&ownership, &waiters, from: task) }
            }
        }
    }

    private func giveUp(_ task: TaskPointer) {
        PriorityInheritance.waitGivenUp(for: object.header)
        Kernel.leave(task)
    }

    static func passOn(
        _ ownership: inout MutexOwnership<TaskPointer>, _ waiters: inout Waiters, from owner: TaskPointer
    ) {
        lose(owner, waiters.header)
        let next = waiters.first(.takers)
        ownership.passOn(to: next?.task)
        if let next {
            gain(next.task, waiters.header)
            waiters.end(next)
        }
    }

    private static func gain(_ task: TaskPointer, _ header: UnsafeMutablePointer<WaitHeader>) {
        header.body.pointee.owner = task
        task.pointee.mutexesHeld.wrappingAdd(1, ordering: .relaxed)
    }

    private static func lose(_ task: TaskPointer, _ header: UnsafeMutablePointer<WaitHeader>) {
        header.body.pointee.owner = nil
        task.pointee.mutexesHeld.wrappingSubtract(1, ordering: .relaxed)
    }
}
