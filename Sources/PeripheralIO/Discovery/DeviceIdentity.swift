import Glibc

/// Which device it is, whatever name the kernel gives it: its serial number on USB, or where it is plugged in.
public struct DeviceIdentity: Hashable, Sendable, Codable {
    /// Vendor and product of a device on USB.
    public var product: String?
    /// What the device says of itself; nil if it says nothing.
    public var serialNumber: String?
    /// The USB interface's number, and which of its ports it is.
    public var interface: String?
    public var port: String?
    /// Where it is plugged in: the USB interface, or the device that is not on USB, in sysfs.
    public var place: String

    /// What is behind a tty or spidev node; nil for what has nothing behind it, such as a pty.
    init?(node: String) {
        guard let device = UDevDevice(node: node) else { return nil }
        self.init(device)
    }

    init?(_ device: UDevDevice) {
        guard let parent = device.parent else { return nil }
        guard let usb = device.parent("usb", type: "usb_device"),
            let interface = device.parent("usb", type: "usb_interface")
        else {
            place = parent.systemPath
            port = device.attribute("line") ?? device.attribute("port_number")
            return
        }
        product = "\(usb.attribute("idVendor") ?? ""):\(usb.attribute("idProduct") ?? "")"
        serialNumber = usb.attribute("serial").flatMap { $0.isEmpty ? nil : $0 }
        self.interface = interface.attribute("bInterfaceNumber")
        port = parent.attribute("port_number")
        place = interface.systemPath
    }

    init(
        product: String?, serialNumber: String?, interface: String?, port: String? = nil, place: String
    ) {
        self.product = product
        self.serialNumber = serialNumber
        self.interface = interface
        self.port = port
        self.place = place
    }

    /// Whether another one is the same device, perhaps in another place: by its serial number; or, if it has none, by its
    /// place.
    public func isSame(as other: DeviceIdentity) -> Bool {
        guard product == other.product, interface == other.interface, port == other.port else { return false }
        if serialNumber != nil || other.serialNumber != nil { return serialNumber == other.serialNumber }
        return place == other.place
    }

    /// The node that the device has now; nil while it is not there.
    func node(subsystem: String) -> String? {
        UDevDevice.all(of: subsystem).first { DeviceIdentity($0).map(isSame) == true }?.node
    }
}

extension DeviceIdentity {
    /// An interface of an FTDI chip, whose address on the bus is another whenever it is plugged in.
    ///
    /// - Parameters:
    ///   - number: of the interface, counted from 1.
    ///   - place: the interface's name in sysfs, such as `1-1.4:1.0`.
    init(_ chip: FTDIDevice, _ number: Int, place: String) {
        self.init(
            product: "\(chip.vendor):\(chip.product)", serialNumber: chip.serial, interface: String(number),
            place: place)
    }
}

extension DeviceAddress {
    /// The same device under the name that it has now; nil while it is not there. A device that has no identity, such as
    /// a pty, is found by its name alone.
    public func following(_ identity: DeviceIdentity?) -> DeviceAddress? {
        guard let identity else { return self }
        var address = self
        switch device {
        case .serial:
            guard let node = identity.node(subsystem: "tty") else { return nil }
            address.device = .serial(path: node)
            address.name = node
        case .spidev:
            guard let node = identity.node(subsystem: "spidev") else { return nil }
            address.device = .spidev(path: node)
            address.name = node
        case .ftdi:
            let present = FTDIDiscovery.interfaces().first {
                identity.isSame(as: DeviceIdentity($0.chip, $0.number, place: $0.usbPath))
            }
            guard let present, let place = try? FTDIAddress(present.url) else { return nil }
            address.device = .ftdi(place)
            address.name = present.url
        default: break
        }
        return address
    }
}
