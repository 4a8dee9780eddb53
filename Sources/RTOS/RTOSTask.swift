import CLinux
import Glibc
import Synchronization

/// A task: a thread with a name and a priority, known to every object that it may wait for.
///
/// A handle is a plain value without reference counts, good as a key, and outlives the task: one of an ended task
/// compares unequal to all others. Any thread becomes a task the first time it asks for `current`, with priority
/// `defaultPriority`.
public struct RTOSTask: Hashable, Sendable {
    /// The priority of a thread that was not started as a task.
    public static let defaultPriority: UInt8 = 24

    let block: TaskControlBlock
    let serial: UInt64

    /// The task that the calling thread runs.
    public static var current: RTOSTask {
        if let block = hil_task_local_get() {
            let block = TaskControlBlock(raw: block)
            return RTOSTask(block: block, serial: block.pointer.pointee.serial)
        }
        return adoptThread(name: nil, priority: defaultPriority)
    }

    /// Starts a task on a thread of its own. The name's first 15 bytes show in `ps` and `top`.
    ///
    /// The thread is detached: `body` tells whoever waits for it.
    public static func start(
        name: String, priority: UInt8 = defaultPriority, _ body: @escaping @Sendable () -> Void
    ) {
        RTOSThread.start(name: name) {
            _ = adoptThread(name: name, priority: priority)
            body()
        }
    }

    /// What the task is called: in diagnostics, and as the name of its thread.
    public var name: String { block.withNames { $0[serial] ?? "ended task" } }

    /// Who is let through first among those who wait: a higher number before a lower one. Of an ended task it means
    /// nothing, and setting it does nothing.
    public var priority: UInt8 {
        get { block.pointer.pointee.priority.load(ordering: .relaxed) }
        nonmutating set { block.setPriority(newValue, ofTask: serial) }
    }

    /// Blocks the calling thread, which must run this task, until `unpark` or the deadline; false at the deadline.
    ///
    /// It may return early: look again at what is waited for.
    @discardableResult
    public func park(until deadline: MonotonicTime) -> Bool {
        block.pointer.pointee.place.park(until: deadline)
    }

    /// Lets the task's present or next `park` return. Any thread, interrupts too; never blocks.
    public func unpark() {
        block.pointer.pointee.place.unpark()
    }

    public static func == (left: RTOSTask, right: RTOSTask) -> Bool {
        left.serial == right.serial
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(serial)
    }
}

extension RTOSTask: CustomStringConvertible {
    public var description: String { name }
}

extension RTOSTask {
    private static func adoptThread(name: String?, priority: UInt8) -> RTOSTask {
        _ = TaskControlBlock.exitHook
        let block = TaskControlBlock.take(priority: priority)
        let serial = block.pointer.pointee.serial
        let name = name ?? RTOSThread.currentName
        block.withNames { $0[serial] = name }
        hil_task_local_set(block.pointer)
        return RTOSTask(block: block, serial: serial)
    }
}

/// What is known of one task. Blocks are used again for later tasks and never freed, so that a waker that is late
/// touches a live block: its permit is then one too many, which every waiter can bear.
struct TaskControlBlock: @unchecked Sendable {
    struct Fields: ~Copyable {
        var serial: UInt64 = 0
        let priority = Atomic<UInt8>(0)
        let place = ParkingPlace()
    }

    let pointer: UnsafeMutablePointer<Fields>

    init(pointer: UnsafeMutablePointer<Fields>) {
        self.pointer = pointer
    }

    init(raw: UnsafeMutableRawPointer) {
        pointer = raw.assumingMemoryBound(to: Fields.self)
    }

    private struct Registry: Sendable {
        var free: [TaskControlBlock] = []
        var lastSerial: UInt64 = 0
        var names: [UInt64: String] = [:]
    }

    private static let registry = Mutex(Registry())

    func withNames<Result: Sendable>(_ body: (inout [UInt64: String]) -> Result) -> Result {
        Self.registry.withLock { body(&$0.names) }
    }

    static func take(priority: UInt8) -> TaskControlBlock {
        registry.withLock { registry in
            registry.lastSerial += 1
            let block =
                registry.free.popLast()
                ?? {
                    let pointer = UnsafeMutablePointer<Fields>.allocate(capacity: 1)
                    pointer.initialize(to: Fields())
                    return TaskControlBlock(pointer: pointer)
                }()
            block.pointer.pointee.serial = registry.lastSerial
            block.pointer.pointee.priority.store(priority, ordering: .relaxed)
            return block
        }
    }

    /// Leaves a later task alone that has the block by now.
    func setPriority(_ priority: UInt8, ofTask serial: UInt64) {
        Self.registry.withLock { _ in
            if pointer.pointee.serial == serial { pointer.pointee.priority.store(priority, ordering: .relaxed) }
        }
    }

    private func giveBack() {
        let serial = pointer.pointee.serial
        TaskEnd.announce(RTOSTask(block: self, serial: serial))
        Self.registry.withLock { registry in
            registry.names[serial] = nil
            registry.free.append(self)
        }
    }

    /// Has the thread library call back when a thread that ran a task ends.
    static let exitHook: Void = hil_task_local_on_exit { TaskControlBlock(raw: $0).giveBack() }
}

/// Tells those who keep something for a task, such as a mutex it holds, that the task has ended.
public final class TaskEnd: Sendable {
    private static let observers = Mutex<[ObjectIdentifier: @Sendable (RTOSTask) -> Void]>([:])

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
