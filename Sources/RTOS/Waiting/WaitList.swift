/// Which of an object's two queues a task waits in.
public enum WaitSide: UInt8, Sendable {
    /// Those who want something out: a token, a message, a flag.
    case takers
    /// Those who want to put something in, and wait for room.
    case givers
}

/// The tasks that wait for one thing, highest priority first, then first come, first served.
///
/// The links are in the tasks themselves, which wait for one thing at a time: nothing is allocated.
struct WaitList {
    private(set) var first: TaskPointer?
    private var last: TaskPointer?

    var isEmpty: Bool { first == nil }

    /// Puts the task behind all of its priority or higher.
    mutating func insert(_ task: TaskPointer) {
        let priority = task.pointee.priority.load(ordering: .sequentiallyConsistent)
        var before = last
        while let other = before, other.pointee.priority.load(ordering: .relaxed) < priority {
            before = other.pointee.previous
        }
        let after = before == nil ? first : before!.pointee.next
        task.pointee.previous = before
        task.pointee.next = after
        if let before { before.pointee.next = task } else { first = task }
        if let after { after.pointee.previous = task } else { last = task }
    }

    /// Takes out a task that is in this list.
    mutating func remove(_ task: TaskPointer) {
        let (before, after) = (task.pointee.previous, task.pointee.next)
        if let before { before.pointee.next = after } else { first = after }
        if let after { after.pointee.previous = before } else { last = before }
        task.pointee.previous = nil
        task.pointee.next = nil
    }
}

/// What every object that can be waited for begins with.
struct WaitHeader: ~Copyable {
    /// First, so that its address is the header's.
    let lock = ObjectLock()
    var takers = WaitList()
    var givers = WaitList()
    var isDeleted = false
    /// Its owner inherits the priorities of those who wait.
    var isMutex = false
    /// The task that holds the mutex.
    var owner: TaskPointer?

    subscript(side: WaitSide) -> WaitList {
        get { side == .takers ? takers : givers }
        set { if side == .takers { takers = newValue } else { givers = newValue } }
    }
}

extension UnsafeMutablePointer<WaitHeader> {
    @inline(__always)
    func lock() { UnsafeMutableRawPointer(self).assumingMemoryBound(to: ObjectLock.self).lock() }

    @inline(__always)
    func unlock() { UnsafeMutableRawPointer(self).assumingMemoryBound(to: ObjectLock.self).unlock() }
}

/// The lock for what concerns a task and the object it waits for, seen from the task: aborting its wait, changing its
/// priority, inheriting one. Taken before any object's own lock, and by an object's end, so that no object goes away
/// under such a visit.
enum VisitLock {
    nonisolated(unsafe) private static let lock = {
        let lock = UnsafeMutablePointer<ObjectLock>.allocate(capacity: 1)
        lock.initialize(to: ObjectLock())
        return lock
    }()

    static func withLock<Result>(_ body: () -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body()
    }
}
