@testable import PeripheralIO

/// Some tasks, one peripheral in zero-copy mode and its interrupt: what the transfer engine makes of the write mutex
/// and the transmission, without threads. Each event is what one thread does under the lock, or one answer of the
/// device, so that a sequence of events is an interleaving.
struct ZeroCopyModel: Hashable {
    enum Activity: Hashable {
        case running
        /// In the call that obtains the write mutex.
        case blocked
        /// In the call that writes.
        case writing
        case ended
    }

    /// What a device says to the call that was made of it.
    enum Answer: Hashable {
        case accepted(Int)
        case wireIsBusy
        case wireIsIdle
        /// It let go of the buffer, as it was told to.
        case letGo
        case failed
        case gone
    }

    /// A thread that has the transmission in hand.
    enum Hand: Hashable {
        case absent
        case next(Transmission.Action)
        /// The device has answered, and the machine does not know yet.
        case answered(Answer)
    }

    enum Event: Hashable {
        case obtain(Int, mayWait: Bool)
        case write(Int, startedBy: Transmission.Hand)
        case release(Int)
        case timeOut(Int)
        case resume(Int)
        case taskEnds(Int)
        case interruptWakes
        case device(Transmission.Hand, Answer)
        case report(Transmission.Hand)
        case cancel
        case lose
    }

    /// Bytes of each write: enough for the device to take none, some or all.
    static let count = 2

    let priorities: [UInt8]

    // The machines.
    private(set) var mutex = WriteMutex<Int>()
    private(set) var transmission = Transmission()
    private var job: Job = .none
    private(set) var isLost = false

    // The threads.
    private(set) var activities: [Activity]
    private var caller = Hand.absent
    private var interrupt = Hand.absent

    // The truth, kept by other means than the machines'.
    private(set) var owner = Owner.nobody
    /// Tasks that wait, in the order in which they came.
    private(set) var arrivals: [Int] = []
    private var taken = 0
    private(set) var deviceMayRead = false
    private(set) var misdeed: String?

    enum Job: Hashable { case none, waiting, underWay }
    enum Owner: Hashable {
        case nobody
        case task(Int)
        case interrupt
    }

    init(priorities: [UInt8]) {
        self.priorities = priorities
        activities = priorities.map { _ in .running }
    }

    // MARK: What can happen

    var possibleEvents: [Event] {
        var events: [Event] = [.cancel]
        for task in activities.indices {
            switch activities[task] {
            case .running where isLost: break
            case .running:
                events += [
                    .obtain(task, mayWait: true), .obtain(task, mayWait: false), .release(task), .taskEnds(task),
                    .write(task, startedBy: .caller), .write(task, startedBy: .interrupt),
                ]
            case .blocked: events += [.timeOut(task), .resume(task), .taskEnds(task)]
            case .writing, .ended: break
            }
        }
        events += deviceEvents(for: caller, .caller) + deviceEvents(for: interrupt, .interrupt)
        if interrupt == .absent, transmission.hand == .interrupt || job == .waiting { events.append(.interruptWakes) }
        if !isLost { events.append(.lose) }
        return events
    }

    private func deviceEvents(for hand: Hand, _ name: Transmission.Hand) -> [Event] {
        switch hand {
        case .absent: []
        case .answered: [.report(name)]
        case .next(let action): answers(to: action).map { .device(name, $0) }
        }
    }

    private func answers(to action: Transmission.Action) -> [Answer] {
        switch action {
        case .send: (0...Self.count - taken).map { .accepted($0) } + [.failed, .gone]
        case .checkWire: [.wireIsBusy, .wireIsIdle, .failed, .gone]
        case .abort: [.letGo]
        case .awaitRoom, .awaitWire, .handOver, .finish: []
        }
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .obtain(let task, let mayWait): obtain(task, mayWait)
        case .write(let task, let hand): write(task, startedBy: hand)
        case .release(let task): release(task)
        case .timeOut(let task): goOn(task, isOver: true)
        case .resume(let task): goOn(task, isOver: false)
        case .taskEnds(let task): end(task)
        case .interruptWakes: wakeInterrupt()
        case .device(let hand, let answer): ask(hand, answer)
        case .report(let hand): report(hand)
        case .cancel: cancel()
        case .lose: lose()
        }
    }
}

// MARK: Tasks

extension ZeroCopyModel {
    private mutating func obtain(_ task: Int, _ mayWait: Bool) {
        let before = mutex
        let outcome = mutex.obtain(by: task, priority: priorities[task], mayWait: mayWait)
        switch owner {
        case .nobody:
            expect(outcome == .obtained, "a free mutex was not given")
            owner = .task(task)
        case .task(task):
            expect(outcome == .alreadyHeld && mutex == before, "the mutex is recursive")
        case .task, .interrupt:
            guard mayWait else {
                return expect(outcome == .notFree && mutex == before, "a task that does not want to wait does")
            }
            expect(outcome == .waiting, "a task got a mutex that another has")
            activities[task] = .blocked
            arrivals.append(task)
        }
    }

    private mutating func write(_ task: Int, startedBy hand: Transmission.Hand) {
        let before = mutex
        let isAllowed = mutex.beginWrite(by: task)
        guard owner == .task(task) else {
            return expect(!isAllowed && mutex == before, "a task wrote that does not hold the mutex")
        }
        expect(isAllowed, "the holder's write was refused")
        owner = .interrupt
        guard hand == .caller else {
            job = .waiting
            return
        }
        activities[task] = .writing
        begin(by: .caller)
    }

    private mutating func release(_ task: Int) {
        let before = mutex
        let outcome = mutex.release(by: task)
        guard owner == .task(task) else {
            return expect(outcome == .refused && mutex == before, "a task released what it does not hold")
        }
        expect(outcome == .released(next: passOn()), "the mutex went to the wrong task")
    }

    /// A blocked task runs, because it was woken or because its time is over, and looks whether it has the mutex.
    private mutating func goOn(_ task: Int, isOver: Bool) {
        if isOver {
            let wasGiven = mutex.stopWaiting(task)
            expect(wasGiven == (owner == .task(task)), "a time-out took the mutex back, or gave it")
            arrivals.removeAll { $0 == task }
            activities[task] = .running
            return
        }
        guard isLost || mutex.isHeld(by: task) else { return }
        expect(isLost || owner == .task(task), "a task thinks that it holds the mutex")
        activities[task] = .running
    }

    private mutating func end(_ task: Int) {
        activities[task] = .ended
        arrivals.removeAll { $0 == task }
        let next = mutex.taskEnded(task)
        let expected = owner == .task(task) ? passOn() : nil
        expect(next == expected, "what an ended task held went to the wrong task")
    }

    /// By the rule: the highest priority, and among equals the first come.
    private mutating func passOn() -> Int? {
        let highest = arrivals.map { priorities[$0] }.max()
        guard let place = arrivals.firstIndex(where: { priorities[$0] == highest }) else {
            owner = .nobody
            return nil
        }
        let next = arrivals.remove(at: place)
        owner = .task(next)
        return next
    }

    private mutating func expect(_ isRight: Bool, _ misdeed: String) {
        if !isRight { self.misdeed = self.misdeed ?? misdeed }
    }
}

// MARK: The transmission, as the engine moves it on

extension ZeroCopyModel {
    private mutating func begin(by hand: Transmission.Hand) {
        job = .underWay
        taken = 0
        let action = transmission.begin(count: Self.count, style: .interruptDriven, hand: hand)
        follow(action, by: hand)
    }

    private mutating func wakeInterrupt() {
        if job == .waiting {
            begin(by: .interrupt)
        } else {
            follow(transmission.next(), by: .interrupt)
        }
    }

    /// The device is called, outside of the lock.
    private mutating func ask(_ hand: Transmission.Hand, _ answer: Answer) {
        expect(transmission.hand == hand, "a thread talks to the device that does not have the transmission in hand")
        let other = hand == .caller ? interrupt : caller
        if case .next(let action) = other { expect(answers(to: action).isEmpty, "two threads talk to the device") }
        if case .next(.send(let offset)) = self[hand] {
            expect(offset == taken, "bytes are sent twice or left out")
        }
        switch answer {
        case .accepted(let bytes):
            taken += bytes
            if bytes > 0 { deviceMayRead = true }
        case .wireIsBusy: break
        case .wireIsIdle, .letGo, .failed, .gone: deviceMayRead = false
        }
        self[hand] = .answered(answer)
    }

    /// The thread tells the machine, under the lock, what the device said.
    private mutating func report(_ hand: Transmission.Hand) {
        guard case .answered(let answer) = self[hand] else { return }
        switch answer {
        case .accepted(let bytes): follow(transmission.deviceAccepted(bytes), by: hand)
        case .wireIsBusy: follow(transmission.wireIsBusy(nanoseconds: 1), by: hand)
        case .wireIsIdle: follow(transmission.wireIsIdle(), by: hand)
        case .letGo: follow(transmission.deviceLetGo(), by: hand)
        case .failed: follow(transmission.deviceFailed(), by: hand)
        case .gone:
            lose()
            follow(transmission.deviceFailed(), by: hand)
        }
    }

    private mutating func follow(_ action: Transmission.Action, by hand: Transmission.Hand) {
        switch action {
        case .send, .checkWire, .abort:
            self[hand] = .next(action)
            return
        case .awaitRoom, .awaitWire:
            expect(hand == .interrupt, "a write kept its caller waiting")
        case .handOver:
            expect(hand == .caller && transmission.hand == .interrupt, "a write was handed over to nobody")
        case .finish(let ending):
            finish(ending)
        }
        self[hand] = .absent
        if hand == .caller, let task = activities.firstIndex(of: .writing) { activities[task] = .running }
    }

    private mutating func finish(_ ending: Transmission.Ending) {
        expect(job != .none, "a write ended twice")
        expect(!deviceMayRead, "a buffer was given back that the device may read")
        if ending == .complete { expect(taken == Self.count, "a write is complete that the device has not taken") }
        job = .none
        expect(mutex.writeEnded() == passOn(), "the interrupt gave the mutex to the wrong task")
    }

    private mutating func cancel() {
        if job == .waiting { return finish(.cancelled) }
        let isUnderWay = transmission.cancel()
        expect(isUnderWay == (job == .underWay), "the machine does not know what is under way")
    }

    private mutating func lose() {
        guard !isLost else { return }
        isLost = true
        _ = transmission.cancel()
        if job == .waiting { finish(.failed) }
        var abandoned: [Int] = []
        while let waiter = mutex.nextAbandonedWaiter() { abandoned.append(waiter) }
        expect(abandoned.sorted() == arrivals.sorted(), "the device's loss left somebody waiting")
        arrivals = []
    }

    private subscript(hand: Transmission.Hand) -> Hand {
        get { hand == .caller ? caller : interrupt }
        set { if hand == .caller { caller = newValue } else { interrupt = newValue } }
    }
}

// MARK: What must hold

extension ZeroCopyModel: ExplorableModel {
    var violation: String? { misdeed ?? unsoundness ?? hopelessness }

    /// What is wrong in this very state.
    private var unsoundness: String? {
        let expected: WriteMutex<Int>.State =
            switch owner {
            case .nobody: .free
            case .task(let task): .held(task)
            case .interrupt: .writing
            }
        if mutex.state != expected { return "two writers: the mutex belongs to \(owner)" }
        if owner == .nobody, !arrivals.isEmpty { return "somebody waits for a free mutex" }
        if mutex.waiters.count != arrivals.count || !arrivals.allSatisfy(mutex.waiters.contains) {
            return "the mutex has forgotten a waiter"
        }
        if deviceMayRead, owner != .interrupt { return "a buffer was given back that the device may read" }
        if (owner == .interrupt) != (job != .none) { return "the interrupt has the mutex without a write" }
        if transmission.isIdle != (job != .underWay) { return "nothing is sent, but the write has not ended" }
        for task in activities.indices where activities[task] == .blocked && !isLost {
            if owner != .task(task), !arrivals.contains(task) { return "task \(task) waits for nothing" }
        }
        return nil
    }

    /// Whether there is no good way on from here.
    private var hopelessness: String? {
        var quiet = self
        if let failure = quiet.letDeviceFinish() { return failure }
        if isLost { return quiet.isAnybodyBlocked ? "a task is blocked after the device's loss" : nil }

        // Once the device has finished, whoever gets the mutex needs only to let it go again.
        while case .task(let task) = quiet.owner {
            quiet.apply(.resume(task))
            if quiet.activities[task] != .running { return "task \(task) does not go on with the mutex" }
            quiet.apply(.release(task))
        }
        if quiet.isAnybodyBlocked { return "a task never gets the mutex" }

        var lost = self
        lost.apply(.lose)
        if let failure = lost.letDeviceFinish() { return failure }
        if lost.isAnybodyBlocked { return "a task is blocked after the device's loss" }
        return quiet.misdeed ?? lost.misdeed
    }

    /// Plays events of the device and the interrupt alone, until nothing is under way. Nil if that succeeds.
    private mutating func letDeviceFinish() -> String? {
        var steps = 0
        while owner == .interrupt || caller != .absent {
            let hand: Transmission.Hand = caller != .absent ? .caller : .interrupt
            switch self[hand] {
            case .absent where transmission.hand == .interrupt || job == .waiting: apply(.interruptWakes)
            case .absent: return "nobody has the write in hand"
            case .next(.send): apply(.device(hand, .accepted(Self.count - taken)))
            case .next(.checkWire): apply(.device(hand, .wireIsIdle))
            case .next(.abort): apply(.device(hand, .letGo))
            case .next(let action): return "a thread is stuck at \(action)"
            case .answered: apply(.report(hand))
            }
            steps += 1
            if steps > 50 { return "a write never ends" }
        }
        for task in activities.indices where isLost && activities[task] == .blocked { apply(.resume(task)) }
        return nil
    }

    private var isAnybodyBlocked: Bool { activities.contains(.blocked) }
}
