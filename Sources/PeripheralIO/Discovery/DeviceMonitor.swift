import CLibUDev
import CLinux
import Glibc
import RTOS

/// Tells when devices come and go. It wakes for nothing else.
///
/// The kernel's own message comes at once, but the node is root's then and has no properties; udev's comes when its rules
/// have been carried out, if udevd is there. Both are listened to.
public final class DeviceMonitor {
    private let udev: OpaquePointer
    private var monitors: [OpaquePointer] = []

    /// - Throws: `system` where the kernel tells nothing, as in a container without a network of its own.
    public init() throws(PeripheralError) {
        guard let udev = udev_new() else { throw .system(call: "udev_new", errno: ENOMEM) }
        self.udev = udev
        for source in ["kernel", "udev"] {
            guard let monitor = udev_monitor_new_from_netlink(udev, source) else { continue }
            monitors.append(monitor)
            for subsystem in ["tty", "spidev", "usb"] {
                udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, nil)
            }
            guard udev_monitor_enable_receiving(monitor) >= 0 else {
                throw .system(call: "udev_monitor_enable_receiving", errno: EPROTO)
            }
        }
        if monitors.isEmpty { throw .system(call: "udev_monitor_new_from_netlink", errno: EPROTO) }
    }

    deinit {
        for monitor in monitors { udev_monitor_unref(monitor) }
        udev_unref(udev)
    }

    /// Sleeps until a device has come, gone or changed.
    ///
    /// - Returns: false if the time was over first, or a signal came.
    public func wait(until deadline: MonotonicTime = .never) throws(PeripheralError) -> Bool {
        try withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { (descriptors) throws(PeripheralError) in
            for (place, monitor) in monitors.enumerated() {
                descriptors[place] = pollfd(fd: udev_monitor_get_fd(monitor), events: Int16(POLLIN), revents: 0)
            }
            let result = hil_poll(descriptors.baseAddress!, UInt32(monitors.count), deadline.nanoseconds)
            if result < 0, -result != EINTR { throw .system(call: "ppoll", errno: -result) }
            guard result > 0 else { return false }
            // What it was is seen by looking again.
            for monitor in monitors {
                while let device = udev_monitor_receive_device(monitor) { udev_device_unref(device) }
            }
            return true
        }
    }
}
