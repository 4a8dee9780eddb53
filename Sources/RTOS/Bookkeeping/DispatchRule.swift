/// Who runs: the one rule by which tasks get a slot, as a plain value that knows nothing of threads.
///
/// With one slot it is a single core: the ready task of highest priority runs, equals take turns. With unlimited slots
/// every ready task runs at once. Whoever owns the rule tells it what happens (a task blocks, is woken, makes a call)
/// and then lets each task run that `nextToRun` names.
///
/// With virtual ticks it keeps the time as well: a tick passes when a jittered number of calls has been made, and when
/// every task waits, time goes straight to the next deadline.
public struct DispatchRule: Sendable {
    /// A task, by its place in the table. Places of those who left are used again.
    public typealias Member = Int

    /// What one member does.
    public enum Activity: UInt8, Sendable {
        case vacant, running, ready, blocked
        /// In a call to the host, without a slot. Time does not jump meanwhile.
        case outside
    }

    private struct Entry {
        var activity = Activity.vacant
        var sharesSlots = true
        /// A wake that came before the wait.
        var hasPermit = false
        var isTimedOut = false
        /// How many reasons there are not to take the slot away.
        var holds = 0
        var priority = 0
        /// Orders equals: who became ready or blocked first.
        var arrival: UInt64 = 0
        /// In ticks.
        var deadline = UInt64.max
        /// The tick its slice began in.
        var sliceStart: UInt64?
        /// It lost its slot to an interrupt.
        var isInterrupted = false
        /// Its next call is to be a yield as well.
        var isAskedToYield = false
    }

    /// When a member that goes on running loses its slot.
    public struct Preemption: Hashable, Sendable {
        /// Members of this priority or a higher one are interrupts: they take the slot of any lower one at its next call,
        /// and whoever had it stays the first of its equals.
        public var lowestInterrupt: Int
        /// Whether other members take it from lower ones too, or wait until those block or yield.
        public var isByPriority: Bool
        /// Whether equals take turns by the tick.
        public var slicesTime: Bool

        public init(lowestInterrupt: Int = .max, isByPriority: Bool = true, slicesTime: Bool = true) {
            self.lowestInterrupt = lowestInterrupt
            self.isByPriority = isByPriority
            self.slicesTime = slicesTime
        }
    }

    public let slots: Int
    /// The virtual time in ticks. Stays 0 with wall ticks.
    public private(set) var now: UInt64 = 0
    public private(set) var isStarted = false
    private let preemptedGoesLast: Bool
    private let preemption: Preemption
    private var counter: JitteredCounter?
    private var entries: [Entry] = []
    private var arrivals: UInt64 = 0
    private var runningCount = 0
    private var readyCount = 0
    private var outsideCount = 0

    /// - Parameters:
    ///   - virtualTicks: what makes ticks pass while tasks are busy; nil for wall ticks, whose deadlines others watch
    ///     and report with `expire`.
    ///   - preemptedGoesLast: whether a member that loses its slot to a higher priority goes behind its equals.
    public init(
        slots: Int, virtualTicks: JitteredCounter?, preemptedGoesLast: Bool = false,
        preemption: Preemption = Preemption()
    ) {
        self.slots = slots
        self.preemptedGoesLast = preemptedGoesLast
        self.preemption = preemption
        counter = virtualTicks
    }

    /// From now on members that share the slots may run.
    public mutating func start() {
        isStarted = true
    }

    // MARK: Members

    /// A new member, ready. One that does not share the slots always runs when it is ready, and time does not wait
    /// for it.
    public mutating func join(priority: Int, sharesSlots: Bool = true) -> Member {
        let member =
            entries.firstIndex { $0.activity == .vacant }
            ?? {
                entries.append(Entry())
                return entries.count - 1
            }()
        entries[member] = Entry()
        entries[member].priority = priority
        entries[member].sharesSlots = sharesSlots
        makeReady(member)
        return member
    }

    /// A member ends.
    public mutating func leave(_ member: Member) {
        change(member, to: .vacant)
    }

    public func sharesSlots(_ member: Member) -> Bool { entries[member].sharesSlots }

    public func activity(of member: Member) -> Activity { entries[member].activity }

    public mutating func setPriority(_ priority: Int, of member: Member) {
        entries[member].priority = priority
    }

    /// While it holds on, a running member keeps its slot until it blocks. Counted.
    public mutating func hold(_ member: Member) {
        entries[member].holds += 1
    }

    public mutating func release(_ member: Member) {
        entries[member].holds -= 1
    }

    // MARK: Events

    /// A running member waits, at most until virtual tick `deadline`. False, and it runs on, if it was woken already
    /// or the deadline has passed.
    public mutating func block(_ member: Member, until deadline: UInt64) -> Bool {
        if entries[member].hasPermit {
            entries[member].hasPermit = false
            return false
        }
        if deadline <= now, counter != nil {
            entries[member].isTimedOut = true
            return false
        }
        entries[member].deadline = deadline
        entries[member].arrival = nextArrival()
        change(member, to: .blocked)
        return true
    }

    /// What a member waits for, now or next, has happened.
    public mutating func wake(_ member: Member) {
        switch entries[member].activity {
        case .blocked: makeReady(member)
        case .vacant: break
        case .running, .ready, .outside: entries[member].hasPermit = true
        }
    }

    /// A wall-clock deadline has passed. False if the member no longer waited.
    public mutating func expire(_ member: Member) -> Bool {
        guard entries[member].activity == .blocked else { return false }
        entries[member].isTimedOut = true
        makeReady(member)
        return true
    }

    /// Whether the member's last wait ended by its deadline. Asked once for each wait.
    public mutating func takeTimeOut(_ member: Member) -> Bool {
        defer { entries[member].isTimedOut = false }
        return entries[member].isTimedOut
    }

    /// A running member enters or leaves a call. True if it lost its slot.
    ///
    /// - Parameter tick: the wall tick; not looked at with virtual ticks.
    public mutating func call(by member: Member, atWallTick tick: @autoclosure () -> UInt64) -> Bool {
        if counter?.countDown() == true {
            now += 1
            expireReached()
        }
        guard entries[member].holds == 0, isStarted, let next = firstReady(sharingSlots: true) else { return false }
        if entries[member].isAskedToYield {
            entries[member].isAskedToYield = false
            return yield(member)
        }
        let own = entries[member].priority
        if entries[next].priority > own { return preempt(member, by: next) }
        guard entries[next].priority == own, preemption.slicesTime,
            isSliceOver(member, at: counter == nil ? tick() : now)
        else { return false }
        makeReady(member)
        return true
    }

    /// A running member's slot goes to one of higher priority, if that does not have to wait for it.
    private mutating func preempt(_ member: Member, by other: Member) -> Bool {
        let isInterrupt = isInterrupt(other)
        guard isInterrupt || preemption.isByPriority else { return false }
        if preemptedGoesLast, !isInterrupt {
            makeReady(member)
        } else {
            // It stays the first of its equals.
            entries[member].isInterrupted = isInterrupt
            change(member, to: .ready)
        }
        return true
    }

    private func isInterrupt(_ member: Member) -> Bool { entries[member].priority >= preemption.lowestInterrupt }

    /// An interrupt has woken somebody, and asks for a switch where members do not pre-empt each other: whoever runs, or
    /// was interrupted, lets the others go first at its next call.
    public mutating func switchAfterInterrupt() {
        for member in entries.indices where !isInterrupt(member) {
            if entries[member].isInterrupted {
                makeReady(member)
            } else if entries[member].activity == .running {
                entries[member].isAskedToYield = true
            }
        }
    }

    /// A running member lets its equals go first. True if there was one, and it lost its slot.
    public mutating func yield(_ member: Member) -> Bool {
        guard entries[member].holds == 0, isStarted, let next = firstReady(sharingSlots: true) else { return false }
        guard entries[next].priority >= entries[member].priority else { return false }
        makeReady(member)
        return true
    }

    /// A running member goes into a call to the host that may block, and comes back from it ready.
    public mutating func goOutside(_ member: Member) {
        change(member, to: .outside)
    }

    public mutating func comeBack(_ member: Member) {
        makeReady(member)
    }

    // MARK: Decisions

    /// The next member that has got a slot with what happened, or nil when there is none left to name. It is running
    /// from now on. With virtual ticks and everybody waiting, moves the time on.
    public mutating func nextToRun() -> Member? {
        while true {
            if let next = firstReady(sharingSlots: false) ?? firstForFreeSlot() {
                change(next, to: .running)
                if preemptedGoesLast, entries[next].sharesSlots, !isInterrupt(next) { passOverInterrupted() }
                return next
            }
            guard counter != nil, isStarted, runningCount == 0, outsideCount == 0, moveToNextDeadline() else {
                return nil
            }
        }
    }

    /// Another one runs where an interrupt had taken the slot.
    private mutating func passOverInterrupted() {
        for member in entries.indices where entries[member].isInterrupted { makeReady(member) }
    }

    private func firstForFreeSlot() -> Member? {
        isStarted && runningCount < slots ? firstReady(sharingSlots: true) : nil
    }

    /// The ready member of highest priority, the first come among equals.
    private func firstReady(sharingSlots: Bool) -> Member? {
        guard readyCount > 0 else { return nil }
        var first: Member?
        for member in entries.indices
        where entries[member].activity == .ready && entries[member].sharesSlots == sharingSlots {
            guard let present = first else {
                first = member
                continue
            }
            let isBefore =
                rank(member) != rank(present)
                ? rank(member) > rank(present)
                : entries[member].arrival < entries[present].arrival
            if isBefore { first = member }
        }
        return first
    }

    private func rank(_ member: Member) -> Int {
        // Nobody but interrupts takes the slot from it.
        entries[member].isInterrupted && !preemption.isByPriority
            ? preemption.lowestInterrupt - 1 : entries[member].priority
    }

    private mutating func isSliceOver(_ member: Member, at tick: UInt64) -> Bool {
        guard let start = entries[member].sliceStart else {
            entries[member].sliceStart = tick
            return false
        }
        return tick > start
    }

    // MARK: Time

    /// Goes to the earliest deadline of all; false if there is none.
    private mutating func moveToNextDeadline() -> Bool {
        var earliest = UInt64.max
        for entry in entries where entry.activity == .blocked { earliest = min(earliest, entry.deadline) }
        guard earliest != .max else { return false }
        now = max(now, earliest)
        // A tick begins here: the next one is a whole tick away, which firmware that waits for one counts on.
        counter?.startAnew()
        expireReached()
        return true
    }

    /// Ends the waits whose time has come: the earlier deadline first, then who waited first.
    private mutating func expireReached() {
        while true {
            var first: Member?
            for member in entries.indices
            where entries[member].activity == .blocked && entries[member].deadline <= now {
                if let present = first,
                    (entries[present].deadline, entries[present].arrival)
                        <= (entries[member].deadline, entries[member].arrival)
                {
                    continue
                }
                first = member
            }
            guard let first else { return }
            entries[first].isTimedOut = true
            makeReady(first)
        }
    }

    // MARK: Upkeep

    private mutating func makeReady(_ member: Member) {
        // One that only lost its slot to a higher priority goes on with the slice it had.
        entries[member].sliceStart = nil
        entries[member].isInterrupted = false
        entries[member].arrival = nextArrival()
        entries[member].deadline = .max
        change(member, to: .ready)
    }

    private mutating func change(_ member: Member, to activity: Activity) {
        count(member, by: -1)
        entries[member].activity = activity
        entries[member].isAskedToYield = false
        if activity == .running { entries[member].isInterrupted = false }
        count(member, by: 1)
    }

    private mutating func count(_ member: Member, by step: Int) {
        switch entries[member].activity {
        case .running: if entries[member].sharesSlots { runningCount += step }
        case .ready: readyCount += step
        case .outside: outsideCount += step
        case .vacant, .blocked: break
        }
    }

    private mutating func nextArrival() -> UInt64 {
        arrivals &+= 1
        return arrivals
    }
}
