import Foundation
import RTOS
import Synchronization

/// Ctrl-C and `kill`: what is open is closed in order, so that a port gets its settings back.
enum Interruption {
    private static let happened = Atomic<Bool>(false)

    /// Thrown by what was interrupted.
    struct Happened: Error {}

    static var hasHappened: Bool { happened.load(ordering: .acquiring) }

    private static var signals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        return signals
    }

    /// Holds the signals back until `onInterrupt`. Before other threads are made, which would take them otherwise.
    static func hold() {
        var signals = Self.signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Calls `action` on a thread of its own at SIGINT, SIGTERM or SIGHUP.
    static func onInterrupt(_ action: @escaping @Sendable () -> Void) {
        RTOSThread.start(name: "hil signals") {
            var number: Int32 = 0
            var signals = Self.signals
            sigwait(&signals, &number)
            happened.store(true, ordering: .releasing)
            action()
        }
    }
}
