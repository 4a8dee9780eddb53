import Glibc

/// The FTDI chips that are plugged in, as URLs to type: one for each interface.
enum FTDIDiscovery {
    /// An interface of a chip, and what the kernel made of it.
    struct Interface {
        var chip: FTDIDevice
        /// Counted from 1.
        var number: Int
        /// `1-1.4:1.0`.
        var usbPath: String
        var driver: String?
        /// The node of its serial port, while `ftdi_sio` has it.
        var tty: String?

        var url: String { FTDIDiscovery.url(of: chip, interface: number) }

        /// The folder in sysfs of its serial port's settings, such as `latency_timer`.
        var ttyName: String? { tty.map { String($0.dropFirst("/dev/".count)) } }
    }

    /// All interfaces, chips in the order of bus and address.
    static func interfaces() -> [Interface] {
        let usb = UDevDevice.all(of: "usb")
        let parts = usb.filter { $0.type == "usb_interface" }
        let ttys = UDevDevice.all(of: "tty")
        return usb.compactMap { device in chip(device).map { (device, $0) } }
            .sorted { ($0.1.bus, $0.1.address) < ($1.1.bus, $1.1.address) }
            .flatMap { device, chip in
                (1...chip.chip.interfaceCount).map { number in
                    let part = parts.first {
                        $0.parent?.systemPath == device.systemPath
                            && $0.attribute("bInterfaceNumber").flatMap { Int($0, radix: 16) } == number - 1
                    }
                    let tty = part.flatMap { part in ttys.first { $0.systemPath.hasPrefix(part.systemPath + "/") } }
                    return Interface(
                        chip: chip, number: number, usbPath: part?.name ?? device.name, driver: part?.driver,
                        tty: tty?.node)
                }
            }
    }

    private static func chip(_ device: UDevDevice) -> FTDIDevice? {
        guard device.type == "usb_device", number(device, "idVendor", 16) == Int(FTDIChip.vendor),
            let product = number(device, "idProduct", 16), let release = number(device, "bcdDevice", 16),
            let chip = FTDIChip(release: UInt16(truncatingIfNeeded: release)),
            let bus = number(device, "busnum", 10), let address = number(device, "devnum", 10)
        else { return nil }
        return FTDIDevice(
            chip: chip, vendor: FTDIChip.vendor, product: UInt16(truncatingIfNeeded: product),
            bus: UInt8(truncatingIfNeeded: bus), address: UInt8(truncatingIfNeeded: address),
            serial: device.attribute("serial").flatMap { $0.isEmpty ? nil : $0 })
    }

    private static func number(_ device: UDevDevice, _ attribute: String, _ radix: Int) -> Int? {
        device.attribute(attribute).flatMap { Int($0, radix: radix) }
    }

    static func devices(_ interfaces: [Interface] = interfaces(), withDetails: Bool) -> [FoundDevice] {
        let context = withDetails ? LibUSBContext() : nil
        return interfaces.map { interface in
            let chip = interface.chip
            let holder = DeviceHolder.find(chip.path) ?? interface.tty.flatMap { DeviceHolder.find($0) }
            return FoundDevice(
                url: interface.url,
                kind: chip.chip.rawValue + (chip.chip.hasMPSSE(interface.number) ? ", SPI or serial" : ", serial"),
                driver: interface.driver, serialNumber: chip.serial, usbPath: interface.usbPath, node: chip.path,
                isPermitted: access(chip.path, R_OK | W_OK) == 0, holder: holder?.description,
                details: context?.eeprom(of: chip).map(details))
        }
    }

    static func url(of device: FTDIDevice, interface: Int) -> String {
        let vendor = device.vendor == FTDIChip.vendor ? "ftdi" : String(device.vendor)
        let product = FTDIAddress.alias(product: device.product) ?? String(device.product)
        let place = device.serial ?? "\(String(device.bus, radix: 16)):\(String(device.address, radix: 16))"
        return "\(FTDIAddress.scheme)\(vendor):\(product):\(place)/\(interface)"
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

extension FTDIDiscovery {
    /// The interfaces that an address fits: one, or none; all of a device that it names without an interface.
    static func interfaces(at place: FTDIAddress) -> [Interface] {
        let fitting = interfaces(ofEveryChip: place)
        return fitting.filter { interface in
            interface.chip == fitting.first?.chip && (place.interface ?? interface.number) == interface.number
        }
    }

    /// All interfaces of all the chips that an address fits.
    static func interfaces(ofEveryChip place: FTDIAddress) -> [Interface] {
        let all = interfaces().filter { interface in
            (place.vendor ?? FTDIChip.vendor) == interface.chip.vendor
                && (place.product ?? interface.chip.product) == interface.chip.product
        }
        var chips: [FTDIDevice] = []
        for interface in all where !chips.contains(interface.chip) { chips.append(interface.chip) }
        switch place.selector {
        case .any: break
        case .index(let index): chips = index <= chips.count ? [chips[index - 1]] : []
        case .serial(let serial): chips.removeAll { $0.serial != serial }
        case .location(let bus, let address): chips.removeAll { $0.bus != bus || $0.address != address }
        }
        return all.filter { chips.contains($0.chip) }
    }
}
