import CLinux
import Glibc

/// A POSIX thread: what tasks and completion threads run on.
public struct RTOSThread: @unchecked Sendable {
    private let thread: pthread_t

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        pthread_detach(startJoinable(name: name, body).thread)
    }

    /// Starts a thread that somebody will `join`. Linux keeps 15 bytes of its name.
    public static func startJoinable(name: String, _ body: @escaping @Sendable () -> Void) -> RTOSThread {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let result = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                RTOSThread.nameCurrent(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(result == 0, "no thread could be made: errno \(result)")
        return RTOSThread(thread: thread)
    }

    /// Waits until the thread has ended. Once for each thread, and not from itself.
    public func join() {
        pthread_join(thread, nil)
    }

    /// Asks for `SCHED_FIFO` at this priority, 1 to 99, or with 0 for an ordinary thread. Returns 0, or the positive
    /// errno: EPERM without CAP_SYS_NICE or a real-time limit.
    public func setPriority(_ priority: Int32) -> Int32 {
        var parameters = sched_param()
        parameters.sched_priority = priority
        return pthread_setschedparam(thread, priority == 0 ? SCHED_OTHER : SCHED_FIFO, &parameters)
    }

    /// The kernel's limit for a thread's name, without the final zero.
    public static let longestName = 15

    static func nameCurrent(_ name: String) {
        // Whole characters only: half of one would be replaced by something longer, and the kernel refuses that.
        var name = name
        while name.utf8.count > longestName { name.unicodeScalars.removeLast() }
        name.withCString { hil_thread_set_name($0) }
    }

    static var currentName: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: longestName + 1) { name in
            hil_thread_get_name(name.baseAddress!, name.count)
            return String(cString: name.baseAddress!)
        }
    }
}
