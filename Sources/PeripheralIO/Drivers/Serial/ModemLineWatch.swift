import CLinux
import Glibc
import RTOS
import Synchronization

/// Waits for a port's modem lines to change, on a thread of its own, since the kernel's call for that can only block.
///
/// The thread begins when somebody first wants to know, sleeps in the kernel from then on, and ends with `stop`.
final class ModemLineWatch: Sendable {
    /// Signalled when a line has changed, and when the thread cannot wait for it (any more).
    let event: EventDescriptor
    private let descriptor: Int32
    private let calls: any SerialCalls
    private let thread = Guarded<RTOSThread?>(nil)
    private let shared = Shared()

    /// What the thread keeps alive.
    private final class Shared: Sendable {
        /// The thread's number once it can be interrupted; -1 when it has ended.
        let number = Atomic<Int>(0)
        let isStopped = Atomic(false)
    }

    init(_ descriptor: Int32, calls: any SerialCalls) throws(PeripheralError) {
        self.descriptor = descriptor
        self.calls = calls
        event = try EventDescriptor()
    }

    /// Begins to watch, once.
    func start() {
        thread.withLock { thread in
            guard thread == nil, !shared.isStopped.load(ordering: .acquiring) else { return }
            thread = RTOSThread.startJoinable(name: "hil lines") { [descriptor, calls, shared, event] in
                Self.watch(descriptor, calls, shared, event)
            }
        }
    }

    private static func watch(
        _ descriptor: Int32, _ calls: any SerialCalls, _ shared: Shared, _ event: EventDescriptor
    ) {
        let number = hil_interruption_prepare()
        if number > 0 {
            shared.number.store(Int(number), ordering: .sequentiallyConsistent)
            while !shared.isStopped.load(ordering: .sequentiallyConsistent) {
                let result = calls.awaitLines(descriptor)
                if result == EINTR { continue }
                event.signal()
                // Not every driver can wait, and none can once the device is gone.
                if result != 0 { break }
            }
        }
        shared.number.store(-1, ordering: .sequentiallyConsistent)
    }

    /// Ends the thread, and returns when it has ended.
    func stop() {
        shared.isStopped.store(true, ordering: .sequentiallyConsistent)
        guard let thread = thread.withLock({ $0.take() }) else { return }
        // A signal that comes before the call is entered is lost: it is sent until it has been heard.
        while true {
            let number = shared.number.load(ordering: .sequentiallyConsistent)
            if number < 0 { break }
            if number > 0 { hil_interruption_send(Int32(number)) }
            usleep(200)
        }
        thread.join()
    }
}
