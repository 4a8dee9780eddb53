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
        guard let interface = place.interface else {
            throw .badAddress(
                address.name, reason: "the interface is missing; `hil list` shows what there is, as \(address.name)1")
        }
        let device = try LibUSBDevices.find(place, name: address.name)
        guard interface <= device.chip.interfaceCount else {
            throw .missing("\(address.name): an \(device.chip.rawValue) has \(device.chip.interfaceCount) interfaces")
        }
        guard device.chip.hasMPSSE(interface), !address.wantsUART else {
            let usb = try LibUSBDevices.open(device, interface: interface, name: address.name)
            return try FTDIUARTDriver(usb, name: address.name, settings: address.serial)
        }
        let key = "\(device.bus):\(device.address)/\(interface)"
        let result = buses.withLock { buses -> Result<FTDISPIDriver, PeripheralError> in
            do throws(PeripheralError) {
                if let bus = buses[key]?.bus, !bus.isClosed {
                    return .success(try FTDISPIDriver(bus, name: address.name, settings: address.spi))
                }
                let usb = try LibUSBDevices.open(device, interface: interface, name: address.name)
                let bus = try MPSSEBus(usb, loops: address.spi.isInternal)
                buses[key] = Entry(bus: bus)
                return .success(try FTDISPIDriver(bus, firstAs: address.name, settings: address.spi))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Makes a virtual chip for the occasion, with what the name says on its pins.
    static func openVirtual(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> any Driver {
        var devices: [any PinDevice] = [PinWire()]
        if case .virtualFlash = address.device { devices = [SPIPins(NORFlash(.w25q16))] }
        let chip = VirtualFT232H(devices: devices, faults: address.faults)
        let usb = try VirtualUSBInterface(chip, name: address.name, clock: clock)
        if address.wantsUART { return try FTDIUARTDriver(usb, name: address.name, settings: address.serial) }
        let bus = try MPSSEBus(usb, loops: address.spi.isInternal)
        return try FTDISPIDriver(bus, firstAs: address.name, settings: address.spi)
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
