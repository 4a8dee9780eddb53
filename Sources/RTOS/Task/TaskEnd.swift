/// Tells those who keep something for a task, such as a mutex it holds, that the task has ended; and those who have it wait
/// in a call to the host that it is to.
public final class TaskEnd: Sendable {
    private struct Observers: Sendable {
        var ofOrders: [ObjectIdentifier: @Sendable (RTOSTask) -> Void] = [:]
        var ofEnds: [ObjectIdentifier: @Sendable (RTOSTask) -> Void] = [:]
    }

    private static let observers = Guarded(Observers())

    /// Calls `action` on the thread of every task that ends, until `ignore` is called for the same `owner`.
    public static func observe(for owner: AnyObject, _ action: @escaping @Sendable (RTOSTask) -> Void) {
        let key = ObjectIdentifier(owner)
        observers.withLock { $0.ofEnds[key] = action }
    }

    /// Calls `action` for every task that another thread deletes, on that thread, once the task can know of it.
    public static func observeOrders(for owner: AnyObject, _ action: @escaping @Sendable (RTOSTask) -> Void) {
        let key = ObjectIdentifier(owner)
        observers.withLock { $0.ofOrders[key] = action }
    }

    public static func ignore(for owner: AnyObject) {
        let key = ObjectIdentifier(owner)
        observers.withLock { observers in
            observers.ofEnds[key] = nil
            observers.ofOrders[key] = nil
        }
    }

    static func announce(_ task: RTOSTask) {
        for action in observers.withLock({ Array($0.ofEnds.values) }) { action(task) }
    }

    static func announceOrder(_ task: RTOSTask) {
        for action in observers.withLock({ Array($0.ofOrders.values) }) { action(task) }
    }
}
