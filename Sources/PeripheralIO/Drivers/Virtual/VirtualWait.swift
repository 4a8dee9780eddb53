import CLinux
import Glibc
import RTOS
import VirtualHardware

/// Sleeping on a virtual device's clock.
extension HardwareClock {
    /// Sleeps until `instant` of this clock or a signal on `event`; true if it was signalled.
    ///
    /// On a virtual clock a wait for a time ends at once, and the time has come.
    func wait(until instant: MonotonicTime, event: EventDescriptor) throws(PeripheralError) -> Bool {
        var deadline = instant
        if case .virtual(let clock) = self, instant != .never {
            clock.advance(to: instant)
            deadline = MonotonicTime(nanoseconds: 0)
        }
        return try withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 1) {
            (descriptors) throws(PeripheralError) in
            descriptors[0] = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
            let result = hil_poll(descriptors.baseAddress!, 1, deadline.nanoseconds)
            if result < 0, result != -EINTR { throw .system(call: "ppoll", errno: -result) }
            return result > 0
        }
    }
}
