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
            before = other.node.pointee.previous
        }
        let after = before == nil ? first : before!.node.pointee.next
        task.node.pointee.previous = before
        task.node.pointee.next = after
        if let before { before.node.pointee.next = task } else { first = task }
        if let after { after.node.pointee.previous = task } else { last = task }
    }

    /// Takes out a task that is in this list.
    mutating func remove(_ task: TaskPointer) {
        let (before, after) = (task.node.pointee.previous, task.node.pointee.next)
        if let before { before.node.pointee.next = after } else { first = after }
        if let after { after.node.pointee.previous = before } else { last = before }
        task.node.pointee.previous = nil
        task.node.pointee.next = nil
    }
}

/// Both queues of an object.
struct WaitLists {
    var takers = WaitList()
    var givers = WaitList()

    subscript(side: WaitSide) -> WaitList {
        get { side == .takers ? takers : givers }
        set { if side == .takers { takers = newValue } else { givers = newValue } }
    }
}

/// What every object that can be waited for begins with: its lock, then a `WaitBody`.
///
/// The two are reached through pointers of their own, so that a change of the body is no access to the lock, which
/// other threads use at the same time.
struct WaitHeader: ~Copyable {
    let lock = ObjectLock()
    private var place = WaitBody()

    /// Where the body is, from the header's beginning: after the lock, aligned for pointers.
    static var bodyOffset: Int { MemoryLayout<WaitHeader>.size - MemoryLayout<WaitBody>.size }
}

/// What an object's lock guards, whatever the object is.
struct WaitBody {
    var lists = WaitLists()
    /// The task that holds the mutex.
    var owner: TaskPointer?
    var isDeleted = false
    /// Its owner inherits the priorities of those who wait.
    var isMutex = false
}

extension UnsafeMutablePointer<WaitHeader> {
    @inline(__always)
    func lock() { UnsafeMutableRawPointer(self).assumingMemoryBound(to: ObjectLock.self).lock() }

    @inline(__always)
    func unlock() { UnsafeMutableRawPointer(self).assumingMemoryBound(to: ObjectLock.self).unlock() }

    @inline(__always)
    var body: UnsafeMutablePointer<WaitBody> {
        (UnsafeMutableRawPointer(self) + WaitHeader.bodyOffset).assumingMemoryBound(to: WaitBody.self)
    }
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
