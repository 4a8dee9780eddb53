import Glibc

/// Finds what is there.
public enum Discovery {
    /// The virtual devices, then the machine's serial ports, spidev nodes and FTDI chips.
    ///
    /// - Parameter withDetails: reads the EEPROMs of FTDI chips, which takes some milliseconds each.
    public static func devices(withDetails: Bool = false) -> [FoundDevice] {
        virtualDevices + realDevices(withDetails: withDetails)
    }

    /// The machine's serial ports, spidev nodes and FTDI chips.
    public static func realDevices(withDetails: Bool = false) -> [FoundDevice] {
        serialPorts() + spiNodes() + FTDIDiscovery.devices(withDetails: withDetails)
    }

    /// All interfaces of all the FTDI chips that an address fits, whichever of them it names: what `ftdi:///?` asks for.
    public static func ftdiInterfaces(_ place: FTDIAddress) -> [FoundDevice] {
        FTDIDiscovery.devices(FTDIDiscovery.interfaces(ofEveryChip: place), withDetails: false)
    }

    private static let virtualDevices = [
        FoundDevice(url: "virtual://spi", kind: "MOSI wired to MISO", isPermitted: true),
        FoundDevice(url: "virtual://uart", kind: "TX wired to RX", isPermitted: true),
        FoundDevice(url: "virtual://tty", kind: "pty whose far end echoes", isPermitted: true),
        FoundDevice(url: "virtual://ft232h", kind: "FT232H with MOSI wired to MISO", isPermitted: true),
        FoundDevice(url: "virtual://flash", kind: "FT232H with a NOR flash on its pins", isPermitted: true),
    ]

    /// Ttys with a device behind them. A port of the 8250 driver without a chip has type 0.
    private static func serialPorts() -> [FoundDevice] {
        UDevDevice.all(of: "tty").compactMap { tty in
            guard let driver = driver(of: tty.parent), tty.attribute("type") != "0" else { return nil }
            return found(tty, kind: "serial port", driver: driver)
        }
    }

    private static func spiNodes() -> [FoundDevice] {
        UDevDevice.all(of: "spidev").compactMap { found($0, kind: "SPI node", driver: $0.parent?.driver) }
    }

    private static func found(_ device: UDevDevice, kind: String, driver: String?) -> FoundDevice? {
        guard let node = device.node, access(node, F_OK) == 0 else { return nil }
        let usb = device.parent("usb", type: "usb_device")
        return FoundDevice(
            url: node, kind: kind, driver: driver, serialNumber: usb?.attribute("serial"),
            usbPath: device.parent("usb", type: "usb_interface")?.name, node: node,
            isPermitted: access(node, R_OK | W_OK) == 0, holder: DeviceHolder.find(node)?.description)
    }

    /// The driver of a device. Since Linux 6.5 the serial core puts a port and a controller device of its own between a
    /// tty and the hardware.
    private static func driver(of device: UDevDevice?) -> String? {
        var device = device
        while let present = device, let name = present.driver {
            guard name == "port" || name == "ctrl" else { return name }
            device = present.parent
        }
        return nil
    }

    /// The first line of a file of /proc or /sys.
    static func firstLine(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard fgets(buffer.baseAddress!, 256, file) != nil else { return nil }
            return String(cString: buffer.baseAddress!).split(separator: "\n").first.map(String.init)
        }
    }
}
