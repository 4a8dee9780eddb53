/// Tells those who keep something for a task, such as a mutex it holds, that the task has ended.
public final class TaskEnd: Sendable {
    private static let observers = Guarded<[ObjectIdentifier: @Sendable (RTOSTask) -> Void]>([:])

    /// Calls `action` on the thread of every task that ends, until `ignore` is called for the same `owner`.
    public static func observe(for owner: AnyObject, _ action: @escaping @Sendable (RTOSTask) -> Void) {
        let key = ObjectIdentifier(owner)
        observers.withLock { $0[key] = action }
    }

    public static func ignore(for owner: AnyObject) {
        let key = ObjectIdentifier(owner)
        observers.withLock { $0[key] = nil }
    }

    static func announce(_ task: RTOSTask) {
        for action in observers.withLock({ Array($0.values) }) { action(task) }
    }
}
