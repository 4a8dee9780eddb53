import CUMockdev
import Glibc

/// A machine that umockdev makes up: its sysfs, and the node of its one interesting USB device.
final class TestBed: @unchecked Sendable {
    struct Failure: Error {
        var reason: String
    }

    private let bed: UnsafeMutablePointer<UMockdevTestbed>
    private let machine: MachineDescription
    /// The folder that has its /sys and /dev.
    private let root: String
    let readiness: ReadinessPipe

    /// Makes it; programs that are started from now on, with umockdev's library ahead of others, live in it.
    init(_ machine: MachineDescription) throws(Failure) {
        guard let bed = umockdev_testbed_new(), let root = umockdev_testbed_get_root_dir(bed) else {
            throw Failure(reason: "umockdev makes no test bed")
        }
        self.bed = bed
        self.machine = machine
        self.root = String(cString: root)
        g_free(root)
        var error: UnsafeMutablePointer<GError>?
        guard umockdev_testbed_add_from_string(bed, machine.text, &error) != 0 else {
            throw Failure(reason: Self.reason(error))
        }
        guard let readiness = ReadinessPipe(path: self.root + machine.node) else {
            throw Failure(reason: "\(machine.node): \(String(cString: strerror(errno)))")
        }
        self.readiness = readiness
    }

    private static func reason(_ error: UnsafeMutablePointer<GError>?) -> String {
        defer { g_error_free(error) }
        return error?.pointee.message.map { String(cString: $0) } ?? "unknown"
    }

    /// Has calls on the device's node answered by a handler, on a thread of umockdev's.
    func attach(_ handler: UnsafeMutablePointer<UMockdevIoctlBase>) throws(Failure) {
        var error: UnsafeMutablePointer<GError>?
        guard umockdev_testbed_attach_ioctl(bed, machine.node, handler, &error) != 0 else {
            throw Failure(reason: Self.reason(error))
        }
    }

    /// Shows another driver for the device's interface in sysfs; nil for none.
    func setDriver(_ driver: String?) {
        let path = root + MachineDescription.driverPath
        unlink(path)
        if let driver { symlink(MachineDescription.driverLink(driver), path) }
    }

    /// Removes it from the file system.
    func remove() {
        g_object_unref(bed)
    }
}
