/// Whose turn it is on a bus that several users share: a plain value.
///
/// A user has the bus from its first transfer until all of its transfers are complete, or for as long as it holds chip
/// select. Others that wait meanwhile get it one after another, and no user goes on for ever while one waits.
struct BusTurns: Hashable, Sendable {
    private(set) var owner: Int?
    private(set) var isHeld = false
    private var waiting: [Int] = []

    /// True if the user may put a transfer on the bus; if not, it is in the queue from then on.
    ///
    /// - Parameter isEmpty: no transfer is on the bus.
    @inline(__always)
    mutating func take(_ user: Int, isEmpty: Bool) -> Bool {
        // Mostly nobody else is there.
        if owner == nil, waiting.isEmpty {
            owner = user
            return true
        }
        return takeAmongOthers(user, isEmpty)
    }

    private mutating func takeAmongOthers(_ user: Int, _ isEmpty: Bool) -> Bool {
        if owner == user, isHeld || waiting.isEmpty || isEmpty && waiting.first == user { return true }
        guard owner == nil, waiting.isEmpty || waiting[0] == user else {
            if owner != user, !waiting.contains(user) { waiting.append(user) }
            return false
        }
        if !waiting.isEmpty { waiting.removeAll { $0 == user } }
        owner = user
        return true
    }

    /// True if `take` would say so.
    func mayTake(_ user: Int, isEmpty: Bool) -> Bool {
        var copy = self
        return copy.take(user, isEmpty: isEmpty)
    }

    /// No transfer is on the bus any more.
    mutating func drained() {
        if !isHeld { owner = nil }
    }

    /// The user, whose turn it is, keeps the bus until it says otherwise.
    mutating func hold(_ user: Int, _ holds: Bool) {
        if owner == user { isHeld = holds }
    }

    /// The user keeps the bus, whatever is on it, until it leaves or lets go of it.
    mutating func seize(_ user: Int) {
        waiting.removeAll { $0 == user }
        (owner, isHeld) = (user, true)
    }

    /// The user, whose turn it is not, waits no longer.
    mutating func cancel(_ user: Int) {
        waiting.removeAll { $0 == user }
    }

    /// The user wants nothing any more, or nothing for now.
    @inline(__always)
    mutating func leave(_ user: Int) {
        if !waiting.isEmpty { cancel(user) }
        guard owner == user else { return }
        (owner, isHeld) = (nil, false)
    }
}
