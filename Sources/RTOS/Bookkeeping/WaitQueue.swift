/// The order in which those who wait are let through: highest priority first, then first come, first served.
///
/// A plain value that knows nothing of threads: it says *who*, and something else wakes them. Its storage grows to
/// the largest number that ever waited at once and is kept from then on.
public struct WaitQueue<Waiter: Hashable>: Hashable {
    fileprivate struct Entry: Hashable {
        var waiter: Waiter
        var priority: UInt8
    }

    private var entries: [Entry] = []

    public init() {}

    /// Makes room for this many waiters at once without a later allocation.
    public init(expecting count: Int) {
        entries.reserveCapacity(count)
    }

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    /// The one whose turn is next.
    public var first: Waiter? { entries.first?.waiter }

    public func contains(_ waiter: Waiter) -> Bool {
        entries.contains { $0.waiter == waiter }
    }

    /// Puts `waiter` behind all of its priority or higher. One that waits already keeps its place.
    public mutating func insert(_ waiter: Waiter, priority: UInt8) {
        guard !contains(waiter) else { return }
        var place = entries.count
        while place > 0, entries[place - 1].priority < priority { place -= 1 }
        entries.insert(Entry(waiter: waiter, priority: priority), at: place)
    }

    /// Takes out the one whose turn is next.
    public mutating func popFirst() -> Waiter? {
        entries.isEmpty ? nil : entries.removeFirst().waiter
    }

    /// Takes out one that waits no longer; false if it did not wait here.
    @discardableResult
    public mutating func remove(_ waiter: Waiter) -> Bool {
        guard let place = entries.firstIndex(where: { $0.waiter == waiter }) else { return false }
        entries.remove(at: place)
        return true
    }
}

extension WaitQueue: Sendable where Waiter: Sendable {}
extension WaitQueue.Entry: Sendable where Waiter: Sendable {}
