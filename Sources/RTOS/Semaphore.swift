/// A counting semaphore; a binary one with a limit of 1.
///
/// Choose an `RTOSMutex` to keep others out: a semaphore has no owner, and gives nobody a priority. A task's own
/// notification is faster where one task waits for one sender.
///
/// A token that is given while tasks wait goes to the first of them directly: the count does not move, and nobody can
/// slip in between. Safe to use from any thread; giving never blocks, so interrupts may.
public final class Semaphore: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// There is no token, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        case aborted
        case deleted
        /// It has as many tokens as it may have.
        case full
        case inInterrupt
        case schedulerLocked
    }

    public let name: String
    private let object: BlockingObject<SemaphoreCount>

    /// - Parameters:
    ///   - count: tokens at the beginning, 0 to `limit`.
    ///   - limit: the most it may have, at least 1.
    public init(name: String = "", count: UInt32 = 0, limit: UInt32 = .max) {
        self.name = name
        object = BlockingObject(SemaphoreCount(count: count, limit: limit))
    }

    deinit {
        object.destroy()
    }

    /// Takes a token; blocks until there is one, at most for `timeout`. In an interrupt only with `now`.
    public func take(_ timeout: Timeout = .forever) throws(Failure) {
        switch object.wait(.takers, timeout, { count, _ in count.take() ? true : nil }) {
        case .done, .ended(.granted): return
        case .ended(.wouldBlock): throw .wouldBlock
        case .ended(.timedOut): throw .timedOut
        case .ended(.aborted): throw .aborted
        case .ended(.deleted): throw .deleted
        case .ended(.inInterrupt): throw .inInterrupt
        case .ended(.schedulerLocked): throw .schedulerLocked
        }
    }

    /// Gives a token to the first waiter, or keeps it. Never blocks; interrupts may.
    public func give() throws(Failure) {
        let failure = object.perform { count, waiters -> Failure? in
            if waiters.isDeleted { return .deleted }
            if waiters.grantFirst(.takers) || count.give() { return nil }
            return .full
        }
        if let failure { throw failure }
    }

    /// Gives a token to every task that waits, and keeps none. Answers how many there were.
    @discardableResult
    public func giveToAll() -> Int {
        object.perform { _, waiters in waiters.endAll(.takers, with: .granted) }
    }

    /// The tokens that are there.
    public var count: UInt32 { object.perform { count, _ in count.count } }
    /// The most there may be.
    public var limit: UInt32 { object.perform { count, _ in count.limit } }
    /// How many tasks wait for one.
    public var waiterCount: Int { object.perform { _, waiters in waiters.count(.takers) } }

    /// Sets the number of tokens. False, and nothing changes, while tasks wait.
    @discardableResult
    public func reset(to count: UInt32) -> Bool {
        object.perform { present, waiters in
            guard waiters.isEmpty(.takers) else { return false }
            present.set(count)
            return true
        }
    }

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

    /// Ends every wait with `deleted`, now and from now on. Answers how many waited.
    @discardableResult
    public func delete() -> Int { object.delete() }
}
