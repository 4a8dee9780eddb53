/// 32 flags that tasks set, clear and wait for: CMSIS-RTOS2's event flags, FreeRTOS's event group, µC/OS-III's event
/// flag group.
///
/// One change may wake any number of waiters: all whose condition it meets, the highest priority first. Safe to use
/// from any thread; setting and clearing never block, so interrupts may.
public final class EventFlags: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// The condition is not met, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        case aborted
        case deleted
        case inInterrupt
        case schedulerLocked
    }

    public let name: String
    private let object: BlockingObject<EventFlagSet>

    public init(name: String = "", flags: UInt32 = 0, consumption: EventFlagSet.Consumption = .afterAll) {
        self.name = name
        object = BlockingObject(EventFlagSet(flags: flags, consumption: consumption))
    }

    deinit {
        object.destroy()
    }

    /// The flags.
    public var flags: UInt32 { object.perform { set, _ in set.flags } }
    /// How many tasks wait for some.
    public var waiterCount: Int { object.perform { _, waiters in waiters.count(.takers) } }

    /// Sets flags and wakes those for whom that is enough. Answers the flags after that. Never blocks.
    @discardableResult
    public func set(_ mask: UInt32) throws(Failure) -> UInt32 {
        try change { $0.set(mask) }.after
    }

    /// Clears flags. Answers the flags before. Never blocks.
    @discardableResult
    public func clear(_ mask: UInt32) throws(Failure) -> UInt32 {
        try change { $0.clear(mask) }.before
    }

    /// Blocks until the condition is met, at most for `timeout`. Answers the flags at that moment, before any were
    /// consumed.
    @discardableResult
    public func wait(_ condition: FlagCondition, _ timeout: Timeout = .forever) throws(Failure) -> UInt32 {
        let outcome = object.wait(.takers, timeout, request: condition.request) { set, waiters -> UInt32? in
            let flags = set.take(condition)
            // Consuming may be what another one waits for.
            if flags != nil, condition.consumes { Self.serve(&set, &waiters) }
            return flags
        }
        return try Self.flags(outcome)
    }

    /// Sets flags and waits for all of `mask` in one step, and consumes them: where tasks meet.
    @discardableResult
    public func synchronize(
        setting flags: UInt32, waitingFor mask: UInt32, _ timeout: Timeout = .forever
    ) throws(Failure) -> UInt32 {
        let condition = FlagCondition(mask, all: true)
        let outcome = object.wait(.takers, timeout, request: condition.request) { set, waiters -> UInt32? in
            set.set(flags)
            // All who meet here see the flags; they are consumed once.
            let own = set.serve(condition)
            Self.serve(&set, &waiters)
            return own
        }
        return try Self.flags(outcome)
    }

    /// Ends every wait with `aborted`. Answers how many those were.
    @discardableResult
    public func abortWaits() -> Int {
        object.perform { _, waiters in waiters.endAll(.takers, with: .aborted) }
    }

    /// Ends the wait of the first waiter with `aborted`. False if nobody waits.
    @discardableResult
    public func abortFirstWait() -> Bool {
        object.perform { _, waiters in
            guard let first = waiters.first(.takers) else { return false }
            waiters.end(first, with: .aborted)
            return true
        }
    }

    /// Ends every wait with `deleted`, now and from now on. Answers how many waited.
    @discardableResult
    public func delete() -> Int { object.delete() }

    private func change(
        _ change: (inout EventFlagSet) -> Void
    ) throws(Failure) -> (before: UInt32, after: UInt32) {
        try object.perform { (set, waiters) throws(Failure) in
            if waiters.isDeleted { throw .deleted }
            let before = set.flags
            change(&set)
            Self.serve(&set, &waiters)
            return (before, set.flags)
        }
    }

    private static func serve(_ set: inout EventFlagSet, _ waiters: inout Waiters) {
        var next = waiters.first(.takers)
        while let waiter = next {
            next = waiter.next
            if let flags = set.serve(FlagCondition(waiter.request)) { waiters.end(waiter, result: UInt(flags)) }
        }
        set.allServed()
    }

    private static func flags(_ outcome: BlockingObject<EventFlagSet>.Outcome<UInt32>) throws(Failure) -> UInt32 {
        switch outcome {
        case .done(let flags): return flags
        case .ended(.granted(let flags)): return UInt32(flags)
        case .ended(.wouldBlock): throw .wouldBlock
        case .ended(.timedOut): throw .timedOut
        case .ended(.aborted): throw .aborted
        case .ended(.deleted): throw .deleted
        case .ended(.inInterrupt): throw .inInterrupt
        case .ended(.schedulerLocked): throw .schedulerLocked
        }
    }
}

extension FlagCondition {
    /// On its way through a wait list.
    fileprivate var request: WaitRequest {
        WaitRequest(
            word: UInt(mask), option: (wantsAll ? 1 : 0) | (wantsClear ? 2 : 0) | (consumes ? 4 : 0))
    }

    fileprivate init(_ request: WaitRequest) {
        self.init(
            UInt32(request.word), all: request.option & 1 != 0, clear: request.option & 2 != 0,
            consumes: request.option & 4 != 0)
    }
}
