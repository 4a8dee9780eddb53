/// The order in which those who wait are let through: highest priority first, then first come, first served.
///
/// A plain value that knows nothing of threads: it says *who*, and something else wakes them. Its storage grows to
/// the largest number that ever waited at once and is kept from then on.
///
/// Its methods are inlinable so that other modules use it specialised for their kind of waiter. Without that every call
/// looks up the metadata of a generic type, which costs more than the rest of a transfer's bookkeeping.
public struct WaitQueue<Waiter: Hashable>: Hashable {
    @usableFromInline
    struct Entry: Hashable {
        @usableFromInline var waiter: Waiter
        @usableFromInline var priority: UInt8

        @inlinable
        init(waiter: Waiter, priority: UInt8) {
            self.waiter = waiter
            self.priority = priority
        }
    }

    @usableFromInline var entries: [Entry] = []

    @inlinable
    public init() {}

    /// Makes room for this many waiters at once without a later allocation.
    @inlinable
    public init(expecting count: Int) {
        entries.reserveCapacity(count)
    }

    @inlinable
    public var isEmpty: Bool { entries.isEmpty }
    @inlinable
    public var count: Int { entries.count }

    /// The one whose turn is next.
    @inlinable
    public var first: Waiter? { entries.first?.waiter }

    @inlinable
    public func contains(_ waiter: Waiter) -> Bool {
        entries.contains { $0.waiter == waiter }
    }

    /// Puts `waiter` behind all of its priority or higher. One that waits already keeps its place.
    @inlinable
    public mutating func insert(_ waiter: Waiter, priority: UInt8) {
        guard !contains(waiter) else { return }
        var place = entries.count
        while place > 0, entries[place - 1].priority < priority { place -= 1 }
        entries.insert(Entry(waiter: waiter, priority: priority), at: place)
    }

    /// Takes out the one whose turn is next.
    @inlinable
    public mutating func popFirst() -> Waiter? {
        entries.isEmpty ? nil : entries.removeFirst().waiter
    }

    /// Takes out one that waits no longer; false if it did not wait here.
    @inlinable
    @discardableResult
    public mutating func remove(_ waiter: Waiter) -> Bool {
        guard let place = entries.firstIndex(where: { $0.waiter == waiter }) else { return false }
        entries.remove(at: place)
        return true
    }
}

extension WaitQueue: Sendable where Waiter: Sendable {}
extension WaitQueue.Entry: Sendable where Waiter: Sendable {}
