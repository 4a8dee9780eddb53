import CLinux
import Glibc

/// A descriptor that is readable once it has been signalled: `eventfd(2)`. It brings a wake-up into a `ppoll`.
final class EventDescriptor: Sendable {
    let number: Int32

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
    }

    /// Makes it unreadable again.
    func reset() {
        hil_event_reset(number)
    }
}
