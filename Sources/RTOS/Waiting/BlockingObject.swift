/// The shell of everything that tasks can wait for: a short lock, two wait lists, and bookkeeping of your choice.
///
/// The bookkeeping is a plain value that knows nothing of threads. A primitive is that value and a few methods of two
/// kinds:
///
///     // Never blocks; interrupts may call it. The lock is held in the closure; whoever is granted something in it
///     // is woken after the lock is let go.
///     func release() -> Bool {
///         object.perform { count, waiters in
///             if waiters.grantFirst(.takers) { return true }      // hand it over: nobody can slip in between
///             return count.increment()
///         }
///     }
///
///     // Tries, and waits if `attempt` answers nil. The attempt is made once: from then on what the task waits for
///     // is handed to it by `grantFirst` or `end`.
///     func acquire(_ timeout: Timeout) -> Bool {
///         switch object.wait(.takers, timeout, { count, _ in count.decrement() ? true : nil }) {
///         case .done: true
///         case .ended(.granted): true
///         case .ended: false
///         }
///     }
///
/// To hand data over, the waiting task passes a `WaitRequest` with a pointer into its own stack; the other side finds
/// it in `waiters.first(.takers)!.request` and copies under the lock. A wait that must be taken up again (a stream's
/// reader that wants more) uses one `Deadline` for all its rounds.
///
/// Rules: the closures are short, call no other object and allocate nothing. A waiter whose time is over is out of the
/// list before anything can be handed to it, so nothing is ever handed to nobody. Every public method of a primitive
/// comes through here exactly once, since this is where the dispatch rule is looked at.
///
/// Copies refer to one object; whoever made it calls `destroy` when nobody can use it any more.
public struct BlockingObject<State: ~Copyable>: @unchecked Sendable {
    /// The lock, the lists and then the bookkeeping, in cache lines of their own.
    let header: UnsafeMutablePointer<WaitHeader>

    private static var stateOffset: Int {
        let alignment = MemoryLayout<State>.alignment
        return (MemoryLayout<WaitHeader>.size + alignment - 1) / alignment * alignment
    }

    public init(_ state: consuming State) {
        header = UnsafeMutableRawPointer.allocate(
            byteCount: Self.stateOffset + MemoryLayout<State>.size, alignment: max(64, MemoryLayout<State>.alignment)
        ).bindMemory(to: WaitHeader.self, capacity: 1)
        header.initialize(to: WaitHeader())
        (UnsafeMutableRawPointer(header) + Self.stateOffset).bindMemory(to: State.self, capacity: 1)
            .initialize(to: state)
    }

    /// The object that begins with this header.
    init(header: UnsafeMutablePointer<WaitHeader>) {
        self.header = header
    }

    /// Ends all waits and frees the memory. Nobody may use the object after that.
    public func destroy() {
        delete()
        VisitLock.withLock {}
        state.deinitialize(count: 1)
        header.deinitialize(count: 1)
        UnsafeMutableRawPointer(header).deallocate()
    }

    @inline(__always)
    private var state: UnsafeMutablePointer<State> {
        (UnsafeMutableRawPointer(header) + Self.stateOffset).assumingMemoryBound(to: State.self)
    }

    /// Changes the bookkeeping under the lock, then wakes those whose wait was ended. Never blocks; interrupts may.
    @inline(__always)
    public func perform<Result: ~Copyable, Failure: Error>(
        _ body: (inout State, inout Waiters) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let task = Kernel.enter()
        var waiters = Waiters(header)
        header.lock()
        defer {
            header.unlock()
            waiters.wake(by: task)
            Kernel.leave(task)
        }
        return try body(&self.state.pointee, &waiters)
    }

    /// As `perform`, but no place to switch tasks: for those who are inside another call, and for diagnostics.
    @inline(__always)
    public func peek<Result: ~Copyable, Failure: Error>(
        _ body: (inout State, inout Waiters) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let task = TaskControlBlock.current
        var waiters = Waiters(header)
        header.lock()
        defer {
            header.unlock()
            waiters.wake(by: task)
        }
        return try body(&self.state.pointee, &waiters)
    }

    /// Puts new bookkeeping in the place of the old, before anybody uses the object.
    func reset(_ state: consuming State) {
        header.lock()
        self.state.pointee = state
        header.unlock()
    }

    /// What came of `wait`.
    public enum Outcome<Result> {
        /// The attempt had this result; there was no wait.
        case done(Result)
        case ended(WaitEnding)
    }

    /// Makes the attempt under the lock; if it answers nil, waits until somebody ends the wait.
    ///
    /// In an interrupt, or with the scheduler locked, it does not wait.
    @inline(__always)
    public func wait<Result>(
        _ side: WaitSide, _ timeout: Timeout, request: WaitRequest = WaitRequest(),
        _ attempt: (inout State, inout Waiters) -> Result?
    ) -> Outcome<Result> {
        var deadline = Deadline(timeout)
        return wait(side, until: &deadline, request: request, attempt)
    }

    /// The same, for one wait of several rounds that ends at one deadline.
    @inline(__always)
    public func wait<Result>(
        _ side: WaitSide, until deadline: inout Deadline, request: WaitRequest = WaitRequest(),
        _ attempt: (inout State, inout Waiters) -> Result?
    ) -> Outcome<Result> {
        let task = Kernel.enter()
        var waiters = Waiters(header)
        header.lock()
        let outcome: Outcome<Result>
        if header.body.pointee.isDeleted {
            header.unlock()
            outcome = .ended(.deleted)
        } else if let result = attempt(&self.state.pointee, &waiters) {
            header.unlock()
            waiters.wake(by: task)
            outcome = .done(result)
        } else {
            let ending = Waiting.wait(task, header, &waiters, side, &deadline, request)
            outcome = .ended(ending)
        }
        Kernel.leave(task)
        return outcome
    }

    /// From now on every wait for it ends with `deleted`, and so do the present ones. Answers how many those were.
    @discardableResult
    public func delete() -> Int {
        peek { _, waiters in
            header.body.pointee.isDeleted = true
            return waiters.endAll(.takers, with: .deleted) + waiters.endAll(.givers, with: .deleted)
        }
    }
}
