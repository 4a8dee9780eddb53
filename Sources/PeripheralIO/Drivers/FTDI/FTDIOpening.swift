import RTOS
import Synchronization
import VirtualHardware

/// Opens FTDI chips, real and virtual, as an SPI controller or a serial port.
enum FTDIOpening {
    private struct Entry {
        weak var bus: MPSSEBus?
    }

    /// The buses of this process by device and interface. Locked while one is opened.
    private static let buses = Mutex<[String: Entry]>([:])

    /// Opens an interface of a chip on USB. Chip selects of one bus can be opened side by side in one process.
    static func open(_ address: DeviceAddress, at place: FTDIAddress) throws(PeripheralError) -> any Driver {
        let found = try find(address, place)
        guard found.device.chip.hasMPSSE(found.interface), !address.wantsUART else {
            let usb = try found.open(as: address.name)
            return try FTDIUARTDriver(usb, name: address.name, settings: address.serial)
        }
        return try withBus(of: found, address) { (bus) throws(PeripheralError) in
            try FTDISPIDriver(bus, firstAs: address.name, settings: address.spi)
        }
    }

    /// The interface of a chip, and the context in which it was found.
    private struct Found {
        var context: LibUSBContext
        var device: FTDIDevice
        var interface: Int

        func open(as name: String) throws(PeripheralError) -> LibUSBInterface {
            try context.open(device, interface: interface, name: name)
        }
    }

    private static func find(_ address: DeviceAddress, _ place: FTDIAddress) throws(PeripheralError) -> Found {
        guard let interface = place.interface else {
            throw .badAddress(
                address.name, reason: "the interface is missing; `hil list` shows what there is, as \(address.name)1")
        }
        guard let context = LibUSBContext() else { throw .missing(address.name) }
        let device = try context.find(place, name: address.name)
        guard interface <= device.chip.interfaceCount else {
            let count = device.chip.interfaceCount
            throw .missing("\(address.name): an \(device.chip.rawValue) has interfaces 1 to \(count)")
        }
        return Found(context: context, device: device, interface: interface)
    }

    /// Uses the bus of an interface: the one that is open already, or a new one, which `body` closes if it fails.
    private static func withBus<Result>(
        of found: Found, _ address: DeviceAddress,
        _ body: (MPSSEBus) throws(PeripheralError) -> sending Result
    ) throws(PeripheralError) -> sending Result {
        let key = "\(found.device.bus):\(found.device.address)/\(found.interface)"
        return try buses.withLock { (buses) throws(PeripheralError) -> sending Result in
            if let bus = buses[key]?.bus, !bus.isClosed { return try body(bus) }
            let usb = try found.open(as: address.name)
            let bus = try MPSSEBus(usb, loops: address.spi.isInternal)
            buses[key] = Entry(bus: bus)
            return try body(bus)
        }
    }

    /// Opens the bus of an interface for its pins.
    static func openPins(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> GPIOPort {
        switch address.device {
        case .ftdi(let place):
            let found = try find(address, place)
            guard found.device.chip.hasMPSSE(found.interface) else {
                throw .notSupported("\(address.name): an \(found.device.chip.rawValue) has no pins to spare there")
            }
            return try withBus(of: found, address) { (bus) throws(PeripheralError) in try GPIOPort(bus) }
        case .virtualFT232H, .virtualFlash:
            return try GPIOPort(virtualBus(address, clock: clock))
        case .serial, .spidev, .virtualSPI, .virtualUART, .virtualTTY, .replay:
            throw .notSupported("\(address.name): no pins to spare; an FTDI chip with an MPSSE has some")
        }
    }

    /// Makes a virtual chip for the occasion, with what the name says on its pins.
    static func openVirtual(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> any Driver {
        guard address.wantsUART else {
            return try FTDISPIDriver(
                virtualBus(address, clock: clock), firstAs: address.name, settings: address.spi)
        }
        let usb = try virtualInterface(address, clock: clock)
        return try FTDIUARTDriver(usb, name: address.name, settings: address.serial)
    }

    private static func virtualBus(
        _ address: DeviceAddress, clock: HardwareClock
    ) throws(PeripheralError) -> MPSSEBus {
        try MPSSEBus(virtualInterface(address, clock: clock), loops: address.spi.isInternal)
    }

    private static func virtualInterface(
        _ address: DeviceAddress, clock: HardwareClock
    ) throws(PeripheralError) -> VirtualUSBInterface {
        var devices: [any PinDevice] = [PinWire()]
        if case .virtualFlash = address.device { devices = [SPIPins(NORFlash(.w25q16))] }
        let chip = VirtualFT232H(devices: devices, faults: address.faults)
        return try VirtualUSBInterface(chip, name: address.name, clock: clock)
    }
}

extension FTDISPIDriver {
    /// Joins a bus that was opened for this device, and closes it again if that fails.
    convenience init(_ bus: MPSSEBus, firstAs name: String, settings: SPISettings) throws(PeripheralError) {
        do {
            try self.init(bus, name: name, settings: settings)
        } catch {
            bus.closeIfUnused()
            throw error
        }
    }
}
