import CLinux
import Glibc
import RTOS
import VirtualHardware

/// Sleeping on a virtual device's clock.
extension HardwareClock {
    /// Sleeps until `instant` of this clock or a signal on `event`, or on one of the others; true if `event` was signalled.
    ///
    /// On a virtual clock a wait for a time ends at once, and the time has come.
    func wait(
        until instant: MonotonicTime, event: EventDescriptor, or other: EventDescriptor? = nil,
        or third: EventDescriptor? = nil
    ) throws(PeripheralError) -> Bool {
        if case .kernel(let clock) = self { return clock.wait(until: instant, event: event, or: other) }
        var deadline = instant
        if case .virtual(let clock) = self, instant != .never {
            clock.advance(to: instant)
            deadline = MonotonicTime(nanoseconds: 0)
        }
        return try withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 3) {
            (descriptors) throws(PeripheralError) in
            // poll(2) passes over a negative descriptor.
            descriptors[0] = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
            descriptors[1] = pollfd(fd: other?.number ?? -1, events: Int16(POLLIN), revents: 0)
            descriptors[2] = pollfd(fd: third?.number ?? -1, events: Int16(POLLIN), revents: 0)
            let result = hil_poll(descriptors.baseAddress!, 3, deadline.nanoseconds)
            if result < 0, result != -EINTR { throw .system(call: "ppoll", errno: -result) }
            return result > 0 && descriptors[0].revents != 0
        }
    }
}

extension KernelClock {
    /// The same as a task of the kernel, which parks meanwhile.
    fileprivate func wait(
        until instant: MonotonicTime, event: EventDescriptor, or other: EventDescriptor?
    ) -> Bool {
        let task = RTOSTask.current
        event.sleepers.add(task)
        other?.sleepers.add(task)
        defer {
            event.sleepers.remove(task)
            other?.sleepers.remove(task)
        }
        while true {
            if event.isSignalled { return true }
            if other?.isSignalled == true { return false }
            if instant != .never, now >= instant { return false }
            if kernel.isStarted {
                task.park(until: kernelTime(of: instant))
            } else {
                guard instant != .never else { return false }
                skip(to: instant)
            }
        }
    }
}
