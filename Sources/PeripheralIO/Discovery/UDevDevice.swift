import CLibUDev
import Glibc

/// A device as sysfs and udev describe it, read when it is asked for. libudev's objects belong to one thread, and so
/// does this.
final class UDevDevice {
    private let device: OpaquePointer

    /// Takes a device over.
    private init(taking device: OpaquePointer) {
        self.device = device
    }

    deinit {
        udev_device_unref(device)
    }

    /// All devices of a subsystem (`tty`, `spidev`, `usb`), by their path in sysfs. udevd need not be there for that.
    static func all(of subsystem: String) -> [UDevDevice] {
        guard let udev = udev_new() else { return [] }
        defer { udev_unref(udev) }
        guard let search = udev_enumerate_new(udev) else { return [] }
        defer { udev_enumerate_unref(search) }
        udev_enumerate_add_match_subsystem(search, subsystem)
        guard udev_enumerate_scan_devices(search) >= 0 else { return [] }
        var devices: [UDevDevice] = []
        var entry = udev_enumerate_get_list_entry(search)
        while let present = entry {
            if let path = udev_list_entry_get_name(present), let device = udev_device_new_from_syspath(udev, path) {
                devices.append(UDevDevice(taking: device))
            }
            entry = udev_list_entry_get_next(present)
        }
        return devices.sorted { $0.systemPath < $1.systemPath }
    }

    /// The device behind a node, links to it included; nil for what is none.
    convenience init?(node: String) {
        var status = stat()
        guard stat(node, &status) == 0, status.st_mode & S_IFMT == S_IFCHR else { return nil }
        guard let udev = udev_new() else { return nil }
        defer { udev_unref(udev) }
        guard let device = udev_device_new_from_devnum(udev, CChar(UInt8(ascii: "c")), status.st_rdev) else {
            return nil
        }
        self.init(taking: device)
    }

    private func text(_ bytes: UnsafePointer<CChar>?) -> String? { bytes.map { String(cString: $0) } }

    /// The folder in sysfs.
    var systemPath: String { text(udev_device_get_syspath(device)) ?? "" }
    /// The last part of its path: `ttyUSB0`, `1-1.4:1.0`.
    var name: String { text(udev_device_get_sysname(device)) ?? "" }
    /// `/dev/…`; nil for a device that has none.
    var node: String? { text(udev_device_get_devnode(device)) }
    var subsystem: String? { text(udev_device_get_subsystem(device)) }
    /// `usb_device`, `usb_interface`.
    var type: String? { text(udev_device_get_devtype(device)) }
    /// The kernel's driver that is bound to it.
    var driver: String? { text(udev_device_get_driver(device)) }

    /// What udev has found out about it; nothing before udevd has seen it.
    func property(_ name: String) -> String? { text(udev_device_get_property_value(device, name)) }

    /// A file of its folder in sysfs, without the final newline.
    func attribute(_ name: String) -> String? {
        text(udev_device_get_sysattr_value(device, name)).map { text in
            String(text.drop { $0 == " " }.prefix { $0 != "\n" })
        }
    }

    /// The device that it is a part of.
    var parent: UDevDevice? {
        // The child keeps it, until it is referred to for itself.
        udev_device_get_parent(device).map { UDevDevice(taking: udev_device_ref($0)) }
    }

    func parent(_ subsystem: String, type: String?) -> UDevDevice? {
        udev_device_get_parent_with_subsystem_devtype(device, subsystem, type)
            .map { UDevDevice(taking: udev_device_ref($0)) }
    }
}
