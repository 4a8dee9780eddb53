@testable import PeripheralIO

/// The write mutex beside the specification's table, told the same: by any task, at any time, sensible or not.
struct WriteMutexModel: ExplorableModel {
    enum Event: Hashable {
        case obtain(Int, mayWait: Bool)
        case write(Int)
        case release(Int)
        case stopWaiting(Int)
        case taskEnds(Int)
        case writeEnds
        case loss
    }

    enum Owner: Hashable {
        case nobody
        case task(Int)
        case interrupt
    }

    private(set) var mutex = WriteMutex<Int>()
    private(set) var owner = Owner.nobody
    /// In the order in which they came.
    private(set) var arrivals: [Int] = []
    private let priorities: [UInt8]
    private var misdeed: String?

    init(priorities: [UInt8]) {
        self.priorities = priorities
    }

    var possibleEvents: [Event] {
        priorities.indices.flatMap { task -> [Event] in
            [
                .obtain(task, mayWait: true), .obtain(task, mayWait: false), .write(task), .release(task),
                .stopWaiting(task), .taskEnds(task),
            ]
        } + [.writeEnds, .loss]
    }

    mutating func apply(_ event: Event) {
        if !isAsSpecified(event) { misdeed = "\(event) did not do what the table says" }
    }

    /// Does it to the mutex and to the table, and answers whether the outcomes agree.
    private mutating func isAsSpecified(_ event: Event) -> Bool {
        switch event {
        case .obtain(let task, let mayWait):
            let outcome = mutex.obtain(by: task, priority: priorities[task], mayWait: mayWait)
            if owner == .nobody {
                owner = .task(task)
                return outcome == .obtained
            }
            if owner == .task(task) { return outcome == .alreadyHeld }
            guard mayWait else { return outcome == .notFree }
            if !arrivals.contains(task) { arrivals.append(task) }
            return outcome == .waiting
        case .write(let task):
            let isTaken = mutex.beginWrite(by: task)
            guard owner == .task(task) else { return !isTaken }
            owner = .interrupt
            return isTaken
        case .release(let task):
            let outcome = mutex.release(by: task)
            return outcome == (owner == .task(task) ? .released(next: passOn()) : .refused)
        case .stopWaiting(let task):
            arrivals.removeAll { $0 == task }
            return mutex.stopWaiting(task) == (owner == .task(task))
        case .taskEnds(let task):
            arrivals.removeAll { $0 == task }
            return mutex.taskEnded(task) == (owner == .task(task) ? passOn() : nil)
        case .writeEnds:
            return mutex.writeEnded() == (owner == .interrupt ? passOn() : nil)
        case .loss:
            var abandoned: [Int] = []
            while let task = mutex.nextAbandonedWaiter() { abandoned.append(task) }
            let isRight = abandoned.sorted() == arrivals.sorted()
            arrivals = []
            return isRight
        }
    }

    /// The highest priority, and among equals the first come.
    private mutating func passOn() -> Int? {
        let highest = arrivals.map { priorities[$0] }.max()
        let place = arrivals.firstIndex { priorities[$0] == highest }
        let next = place.map { arrivals.remove(at: $0) }
        owner = next.map(Owner.task) ?? .nobody
        return next
    }

    var violation: String? {
        if let misdeed { return misdeed }
        let state: WriteMutex<Int>.State =
            switch owner {
            case .nobody: .free
            case .task(let task): .held(task)
            case .interrupt: .writing
            }
        if mutex.state != state { return "it belongs to \(owner), and says \(mutex.state)" }
        if mutex.isFree != (owner == .nobody) { return "it does not know whether it is free" }
        for task in priorities.indices {
            if mutex.isHeld(by: task) != (owner == .task(task)) { return "it does not know who holds it" }
            if mutex.waiters.contains(task) != arrivals.contains(task) { return "it has forgotten task \(task)" }
        }
        if owner == .nobody, !arrivals.isEmpty { return "somebody waits for a free mutex" }
        return nil
    }
}
