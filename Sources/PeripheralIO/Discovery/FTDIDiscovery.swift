import Glibc

/// The FTDI chips that are plugged in, as URLs to type.
enum FTDIDiscovery {
    static func devices(withDetails: Bool) -> [FoundDevice] {
        LibUSBDevices.all().flatMap { device in
            (1...device.chip.interfaceCount).map { interface in
                FoundDevice(
                    url: url(of: device, interface: interface),
                    kind: device.chip.rawValue + (device.chip.hasMPSSE(interface) ? ", SPI or serial" : ", serial"),
                    driver: driver(of: device, interface: interface),
                    isPermitted: access(device.path, R_OK | W_OK) == 0,
                    holder: DeviceHolder.find(device.path)?.description,
                    details: withDetails ? LibUSBDevices.eeprom(of: device).map(details) : nil)
            }
        }
    }

    static func url(of device: LibUSBDevices.Device, interface: Int) -> String {
        let vendor = device.vendor == FTDIChip.vendor ? "ftdi" : String(device.vendor)
        let product = FTDIAddress.alias(product: device.product) ?? String(device.product)
        let place = device.serial ?? "\(String(device.bus, radix: 16)):\(String(device.address, radix: 16))"
        return "\(FTDIAddress.scheme)\(vendor):\(product):\(place)/\(interface)"
    }

    /// The kernel's driver of an interface, as sysfs tells.
    private static func driver(of device: LibUSBDevices.Device, interface: Int) -> String? {
        let root = "/sys/bus/usb/devices"
        let folder = entries(of: root).first { name in
            Discovery.firstLine("\(root)/\(name)/busnum") == String(device.bus)
                && Discovery.firstLine("\(root)/\(name)/devnum") == String(device.address)
        }
        return folder.flatMap { Discovery.linkTarget("\(root)/\($0)/\($0):1.\(interface - 1)/driver") }
    }

    static func details(_ eeprom: FTDIEEPROM) -> [String] {
        [
            "EEPROM checksum \(eeprom.isValid ? "good" : "wrong")",
            "maker “\(eeprom.manufacturer)”, product “\(eeprom.productName)”, serial number "
                + (eeprom.serial.map { "“\($0)”" } ?? "none"),
            "\(eeprom.isSelfPowered ? "self-powered" : "powered by the bus"), at most \(eeprom.maxPower) mA",
        ]
    }
}
