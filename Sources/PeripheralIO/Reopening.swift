import Glibc
import RTOS

/// Finding a device again that was lost.
extension Peripheral {
    /// Closes this peripheral, waits until its device is there again, by serial number or USB path and whatever name it
    /// has then, and opens it with the same settings. Transfer modes are those of a peripheral that has been opened anew;
    /// a trace goes on.
    ///
    /// Blocks until the device can be opened, or the time is over; sleeps meanwhile, but for a moment after each change
    /// of the machine's devices. Where the kernel tells of none, as in a container without a network of its own, it looks
    /// once a second. It may be called again after a time-out, and looks at the end of its time, too, so that short
    /// times in turn find what the kernel does not tell of, such as a pty.
    ///
    /// - Throws: `timedOut`, with the device still lost; or what opening it fails with for good.
    public func reopened(within timeout: Timeout = .forever) throws(PeripheralError) -> Peripheral {
        close()
        let deadline = timeout.deadline()
        // Before the first look, lest the device come in between.
        let monitor = try? DeviceMonitor()
        var isFirst = true
        while true {
            // udev gives a node that has come to its group a little later.
            for delay: UInt64 in isFirst ? [0] : [20_000_000, 200_000_000, 1_000_000_000] {
                try Self.wait(until: min(deadline, .now.advanced(byNanoseconds: delay)), monitor)
                if let port = try openAgain() { return port }
            }
            isFirst = false
            if MonotonicTime.now >= deadline { throw .timedOut }
            if let monitor { _ = try monitor.wait(until: deadline) }
        }
    }

    /// The same, for as long as it takes, until `isOver`, which is asked some times a second; nil then.
    public func reopened(unless isOver: () -> Bool) throws(PeripheralError) -> Peripheral? {
        while !isOver() {
            do throws(PeripheralError) {
                return try reopened(within: .milliseconds(Self.interval))
            } catch .timedOut {
                continue
            }
        }
        return nil
    }

    /// Milliseconds after which it looks whether it is over, and for what the kernel does not tell of.
    private static let interval: UInt32 = 250

    /// Sleeps until a device has come or gone, or it is time.
    private static func wait(until deadline: MonotonicTime, _ monitor: DeviceMonitor?) throws(PeripheralError) {
        if let monitor {
            _ = try monitor.wait(until: deadline)
        } else {
            var time = timespec(
                tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
        }
    }

    /// Opens the device under its present name; nil while that cannot be done.
    private func openAgain() throws(PeripheralError) -> Peripheral? {
        guard let address = address.following(identity) else { return nil }
        do throws(PeripheralError) {
            return try Peripheral(address: address, recorder: recorder)
        } catch .missing {
            return nil
        } catch .permissionDenied {
            return nil
        } catch .deviceLost {
            return nil
        } catch .busy {
            // The kernel still has the old one's interface, or somebody looks at what has come.
            return nil
        }
    }
}
