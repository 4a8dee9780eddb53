import VirtualHardware

/// What a machine with one FT232H on its USB has in sysfs, in the notation of umockdev-record.
struct MachineDescription {
    private static let bus = 1
    /// The device's on its bus; 1 is the root hub's.
    static let address = 2
    private static let hub = "/devices/pci0000:00/0000:00:14.0/usb1"
    private static let device = hub + "/1-1"
    private static let interface = device + "/1-1:1.0"

    /// The device's node under usbfs.
    let node = node(address)
    let text: String

    /// - Parameter driver: what the kernel has for the interface.
    init(_ chip: VirtualFT232H, driver: String) {
        text = [
            Self.device(at: Self.hub, address: 1, descriptors: Self.hubDescriptors, strings: [:]),
            Self.device(
                at: Self.device, address: Self.address,
                descriptors: chip.descriptor(0x0100) + chip.descriptor(0x0200),
                strings: [
                    "manufacturer": chip.string(1), "product": chip.string(2), "serial": chip.string(3),
                ]),
            Self.interface(driver: driver),
        ].joined(separator: "\n")
    }

    private static func node(_ address: Int) -> String { "/dev/bus/usb/\(digits(bus))/\(digits(address))" }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 3 - text.count) + text
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// As the kernel's own root hub says them: USB 2.0, one port, an interrupt endpoint.
    private static let hubDescriptors: [UInt8] =
        [18, 1, 0x00, 0x02, 9, 0, 1, 64, 0x6B, 0x1D, 0x02, 0x00, 0x01, 0x06, 0, 0, 0, 1]
        + [9, 2, 25, 0, 1, 1, 0, 0xE0, 0] + [9, 4, 0, 0, 1, 9, 0, 0, 0] + [7, 5, 0x81, 3, 4, 0, 12]

    private static func device(
        at path: String, address: Int, descriptors: [UInt8], strings: [String: String]
    ) -> String {
        func word(_ place: Int) -> String { hex([descriptors[place + 1], descriptors[place]]) }
        var attributes = strings.filter { !$0.value.isEmpty }
        attributes["busnum"] = String(bus)
        attributes["devnum"] = String(address)
        attributes["dev"] = "189:\(address - 1)"
        attributes["speed"] = "480"
        attributes["version"] = " 2.00"
        attributes["bConfigurationValue"] = "1"
        attributes["bNumConfigurations"] = "1"
        attributes["bDeviceClass"] = hex([descriptors[4]])
        attributes["idVendor"] = word(8)
        attributes["idProduct"] = word(10)
        attributes["bcdDevice"] = word(12)
        let lines =
            [
                "P: \(path)", "N: \(node(address).dropFirst("/dev/".count))", "E: DEVNAME=\(node(address))",
                "E: BUSNUM=\(digits(bus))", "E: DEVNUM=\(digits(address))", "E: DEVTYPE=usb_device", "E: MAJOR=189",
                "E: MINOR=\(address - 1)", "E: SUBSYSTEM=usb", "E: DRIVER=usb", "H: descriptors=\(hex(descriptors))",
            ] + attributes.sorted { $0.key < $1.key }.map { "A: \($0.key)=\($0.value)\\n" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func interface(driver: String) -> String {
        """
        P: \(interface)
        E: DEVTYPE=usb_interface
        E: SUBSYSTEM=usb
        E: DRIVER=\(driver)
        A: bInterfaceNumber=00\\n
        A: bInterfaceClass=ff\\n
        A: bInterfaceSubClass=ff\\n
        A: bInterfaceProtocol=ff\\n
        A: bAlternateSetting= 0\\n
        A: bNumEndpoints=02\\n
        L: driver=\(driverLink(driver))

        """
    }

    private static let toRoot = "../../../../../.."

    /// Where sysfs has the driver of the device's interface: a link.
    static let driverPath = "/sys" + interface + "/driver"

    /// What that link says.
    static func driverLink(_ driver: String) -> String { "\(toRoot)/bus/usb/drivers/\(driver)" }
}

extension VirtualFT232H {
    /// A string descriptor as text; empty if there is none.
    fileprivate func string(_ number: UInt16) -> String {
        let units = descriptor(0x0300 | number).dropFirst(2)
        let pairs = stride(from: units.startIndex, to: units.endIndex - 1, by: 2)
        return String(decoding: pairs.map { UInt16(units[$0]) | UInt16(units[$0 + 1]) << 8 }, as: UTF16.self)
    }
}
