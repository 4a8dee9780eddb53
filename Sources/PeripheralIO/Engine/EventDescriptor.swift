import CLinux
import Glibc
import RTOS
import Synchronization

/// A descriptor that is readable once it has been signalled: `eventfd(2)`. It brings a wake-up into a `ppoll`.
final class EventDescriptor: Sendable {
    let number: Int32
    /// Tasks that wait for it in a kernel's virtual time, and not in `ppoll`.
    let sleepers = Sleepers()

    init() throws(PeripheralError) {
        number = hil_event_create()
        guard number >= 0 else { throw .system(call: "eventfd", errno: -number) }
    }

    deinit {
        close(number)
    }

    /// Makes it readable. Any thread; never blocks.
    func signal() {
        hil_event_signal(number)
        sleepers.wake()
    }

    /// Whether it is readable.
    var isSignalled: Bool {
        withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 1) { descriptor in
            descriptor[0] = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            return hil_poll(descriptor.baseAddress!, 1, 0) > 0
        }
    }

    /// Makes it unreadable again.
    func reset() {
        hil_event_reset(number)
    }
}

/// Tasks to be woken when something is signalled.
final class Sleepers: Sendable {
    private let areThere = Atomic<Bool>(false)
    private let tasks = Guarded<[RTOSTask]>([])

    func add(_ task: RTOSTask) {
        tasks.withLock { $0.append(task) }
        areThere.store(true, ordering: .sequentiallyConsistent)
    }

    func remove(_ task: RTOSTask) {
        tasks.withLock { tasks in
            tasks.removeAll { $0 == task }
            if tasks.isEmpty { areThere.store(false, ordering: .sequentiallyConsistent) }
        }
    }

    /// Wakes them, and switches to none: the caller may hold a lock.
    func wake() {
        guard areThere.load(ordering: .sequentiallyConsistent) else { return }
        for task in tasks.withLock({ $0 }) { task.unparkWithoutSwitching() }
    }
}
