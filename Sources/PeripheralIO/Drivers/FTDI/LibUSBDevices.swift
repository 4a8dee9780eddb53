import CLibFTDI
import Glibc

/// FTDI chips on USB: which there are, and opening one through libftdi.
enum LibUSBDevices {
    /// A chip that is plugged in.
    struct Device: Hashable, Sendable {
        var chip: FTDIChip
        var vendor: UInt16
        var product: UInt16
        var bus: UInt8
        var address: UInt8
        /// nil if there is none, or if the present user may not ask.
        var serial: String?

        /// Its node under usbfs.
        var path: String { "/dev/bus/usb/\(padded(bus))/\(padded(address))" }
    }

    private static func padded(_ number: UInt8) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// All chips that the driver knows, in the order of bus and address.
    ///
    /// - Parameter vendor: of other devices than FTDI's own, besides those.
    static func all(vendor: UInt16? = nil) -> [Device] {
        // On a machine without USB there is no libusb context, either.
        guard let ftdi = ftdi_new() else { return [] }
        defer { ftdi_free(ftdi) }
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(ftdi.pointee.usb_ctx, &list)
        guard count >= 0, let list else { return [] }
        defer { libusb_free_device_list(list, 1) }
        return (0..<count).compactMap { list[$0] }.compactMap { describe($0, vendor, ftdi) }
            .sorted { ($0.bus, $0.address) < ($1.bus, $1.address) }
    }

    private static func describe(
        _ device: OpaquePointer, _ vendor: UInt16?, _ ftdi: UnsafeMutablePointer<ftdi_context>
    ) -> Device? {
        var descriptor = libusb_device_descriptor()
        guard libusb_get_device_descriptor(device, &descriptor) == 0,
            descriptor.idVendor == FTDIChip.vendor || descriptor.idVendor == vendor,
            let chip = FTDIChip(release: descriptor.bcdDevice)
        else { return nil }
        return Device(
            chip: chip, vendor: descriptor.idVendor, product: descriptor.idProduct,
            bus: libusb_get_bus_number(device), address: libusb_get_device_address(device),
            serial: serial(device, descriptor.iSerialNumber))
    }

    private static func serial(_ device: OpaquePointer, _ index: UInt8) -> String? {
        var handle: OpaquePointer?
        guard index != 0, libusb_open(device, &handle) == 0, let handle else { return nil }
        defer { libusb_close(handle) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = libusb_get_string_descriptor_ascii(handle, index, buffer.baseAddress, 256)
            return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : nil
        }
    }

    /// The device that an address names.
    ///
    /// - Throws: `missing`, with how many there are if it asks for one by its place.
    static func find(_ place: FTDIAddress, name: String) throws(PeripheralError) -> Device {
        let devices = all(vendor: place.vendor).filter { device in
            (place.vendor ?? FTDIChip.vendor) == device.vendor && (place.product ?? device.product) == device.product
        }
        let found: Device? =
            switch place.selector {
            case .any: devices.first
            case .index(let index): index <= devices.count ? devices[index - 1] : nil
            case .serial(let serial): devices.first { $0.serial == serial }
            case .location(let bus, let address): devices.first { $0.bus == bus && $0.address == address }
            }
        guard let found else { throw .missing(name) }
        return found
    }

    /// What the EEPROM of a device says; nil if the present user may not ask, or if it says nothing. It takes no interface.
    static func eeprom(of device: Device) -> FTDIEEPROM? {
        guard let ftdi = ftdi_new() else { return nil }
        defer { ftdi_free(ftdi) }
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(ftdi.pointee.usb_ctx, &list)
        guard count >= 0, let list else { return nil }
        defer { libusb_free_device_list(list, 1) }
        let found = (0..<count).compactMap { list[$0] }.first {
            libusb_get_bus_number($0) == device.bus && libusb_get_device_address($0) == device.address
        }
        var handle: OpaquePointer?
        guard let found, libusb_open(found, &handle) == 0, let handle else { return nil }
        defer { libusb_close(handle) }
        var bytes: [UInt8] = []
        for word in 0..<UInt16(device.chip.eepromLength / 2) {
            let request = FTDIRequest(.readEEPROM, index: word, answerLength: 2)
            var answer: (UInt8, UInt8) = (0, 0)
            let result = withUnsafeMutableBytes(of: &answer) { memory in
                libusb_control_transfer(
                    handle, request.requestType, request.code.rawValue, request.value, request.index,
                    memory.baseAddress?.assumingMemoryBound(to: UInt8.self), 2, 1000)
            }
            guard result == 2 else { return nil }
            bytes += [answer.0, answer.1]
        }
        return FTDIEEPROM(bytes, isFT230X: device.chip == .ft230x)
    }

    /// Opens a device and claims one of its interfaces; the kernel's driver gets that back on close.
    static func open(_ device: Device, interface: Int, name: String) throws(PeripheralError) -> LibUSBInterface {
        guard let ftdi = ftdi_new() else { throw .system(call: "ftdi_new", errno: ENOMEM) }
        ftdi.pointee.module_detach_mode = AUTO_DETACH_REATACH_SIO_MODULE
        ftdi_set_interface(ftdi, ftdi_interface(UInt32(interface)))
        let result = ftdi_usb_open_bus_addr(ftdi, device.bus, device.address)
        guard result == 0 else {
            ftdi_free(ftdi)
            throw failure(result, device, name)
        }
        return try LibUSBInterface(ftdi, chip: device.chip, number: interface, name: name)
    }

    /// What the numbers that `ftdi_usb_open_bus_addr` answers mean.
    private static func failure(_ result: Int32, _ device: Device, _ name: String) -> PeripheralError {
        switch result {
        case -3: .missing(name)
        case -4 where access(device.path, R_OK | W_OK) != 0:
            .permissionDenied(name, cure: DevicePermissions.cure(for: device.path))
        case -4: .deviceLost(name)
        case -5: .busy(name, holder: DeviceHolder.find(device.path))
        default: .system(call: "\(name): ftdi_usb_open", errno: EIO)
        }
    }
}
