import Glibc

/// A device that could be opened, and what stands in the way.
public struct FoundDevice: Hashable, Sendable, Codable {
    /// What to type.
    public var url: String
    public var kind: String
    /// The kernel driver in charge, if there is one.
    public var driver: String?
    /// False if the present user may not open it.
    public var isPermitted: Bool
    /// Who has it open, as far as /proc tells.
    public var holder: String?
    /// What the EEPROM of an FTDI chip says, one line each, where that was asked for.
    public var details: [String]?
}

/// Finds what is there.
public enum Discovery {
    /// The virtual devices, then the machine's serial ports, spidev nodes and FTDI chips.
    ///
    /// - Parameter withDetails: reads the EEPROMs of FTDI chips, which takes some milliseconds each.
    public static func devices(withDetails: Bool = false) -> [FoundDevice] {
        virtualDevices + serialPorts() + spiNodes() + FTDIDiscovery.devices(withDetails: withDetails)
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
        entries(of: "/sys/class/tty").sorted().compactMap { name in
            let folder = "/sys/class/tty/\(name)"
            guard let driver = driver(of: "\(folder)/device"), firstLine("\(folder)/type") != "0" else { return nil }
            return node("/dev/\(name)", kind: "serial port", driver: driver)
        }
    }

    private static func spiNodes() -> [FoundDevice] {
        entries(of: "/sys/class/spidev").sorted().compactMap { name in
            node("/dev/\(name)", kind: "SPI node", driver: linkTarget("/sys/class/spidev/\(name)/device/driver"))
        }
    }

    private static func node(_ path: String, kind: String, driver: String?) -> FoundDevice? {
        guard access(path, F_OK) == 0 else { return nil }
        return FoundDevice(
            url: path, kind: kind, driver: driver, isPermitted: access(path, R_OK | W_OK) == 0,
            holder: DeviceHolder.find(path)?.description)
    }

    /// The driver of a device. Since Linux 6.5 the serial core puts a port and a controller device of its own between a
    /// tty and the hardware.
    private static func driver(of device: String) -> String? {
        var folder = device
        while let name = linkTarget("\(folder)/driver") {
            guard name == "port" || name == "ctrl" else { return name }
            folder += "/.."
        }
        return nil
    }

    static func linkTarget(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            let count = readlink(path, buffer.baseAddress!, buffer.count - 1)
            guard count > 0 else { return nil }
            buffer[count] = 0
            return String(cString: buffer.baseAddress!).split(separator: "/").last.map(String.init)
        }
    }

    static func firstLine(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard fgets(buffer.baseAddress!, 64, file) != nil else { return nil }
            return String(cString: buffer.baseAddress!).split(separator: "\n").first.map(String.init)
        }
    }
}
