import CLibFTDI
import Glibc

/// libftdi's context: what there is on USB, and the device that is opened in it. libusb looks at every device of the
/// machine when one is made, so whoever searches and then opens uses one.
final class LibUSBContext: @unchecked Sendable {
    let ftdi: UnsafeMutablePointer<ftdi_context>

    /// nil on a machine without USB.
    init?() {
        guard let ftdi = ftdi_new() else { return nil }
        self.ftdi = ftdi
    }

    deinit {
        ftdi_free(ftdi)
    }

    /// All chips that the driver knows, in the order of bus and address.
    ///
    /// - Parameter vendor: of other devices than FTDI's own, besides those.
    func devices(vendor: UInt16? = nil) -> [FTDIDevice] {
        withDeviceList { $0.compactMap { Self.describe($0, vendor) } }
            .sorted { ($0.bus, $0.address) < ($1.bus, $1.address) }
    }

    private func withDeviceList<Result>(_ body: ([OpaquePointer]) -> Result) -> Result {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(ftdi.pointee.usb_ctx, &list)
        guard count >= 0, let list else { return body([]) }
        defer { libusb_free_device_list(list, 1) }
        return body((0..<count).compactMap { list[$0] })
    }

    private static func describe(_ device: OpaquePointer, _ vendor: UInt16?) -> FTDIDevice? {
        var descriptor = libusb_device_descriptor()
        guard libusb_get_device_descriptor(device, &descriptor) == 0,
            descriptor.idVendor == FTDIChip.vendor || descriptor.idVendor == vendor,
            let chip = FTDIChip(release: descriptor.bcdDevice)
        else { return nil }
        return FTDIDevice(
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
    func find(_ place: FTDIAddress, name: String) throws(PeripheralError) -> FTDIDevice {
        let devices = devices(vendor: place.vendor).filter { device in
            (place.vendor ?? FTDIChip.vendor) == device.vendor && (place.product ?? device.product) == device.product
        }
        let found: FTDIDevice? =
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
    func eeprom(of device: FTDIDevice) -> FTDIEEPROM? {
        var handle: OpaquePointer?
        withDeviceList { present in
            let found = present.first {
                libusb_get_bus_number($0) == device.bus && libusb_get_device_address($0) == device.address
            }
            if let found, libusb_open(found, &handle) != 0 { handle = nil }
        }
        guard let handle else { return nil }
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

    /// Opens a device and claims one of its interfaces; the kernel's driver gets that back on close. Once for a context.
    func open(_ device: FTDIDevice, interface: Int, name: String) throws(PeripheralError) -> LibUSBInterface {
        ftdi.pointee.module_detach_mode = AUTO_DETACH_REATACH_SIO_MODULE
        ftdi_set_interface(ftdi, ftdi_interface(UInt32(interface)))
        let result = ftdi_usb_open_bus_addr(ftdi, device.bus, device.address)
        guard result == 0 else { throw Self.failure(result, device, name) }
        return try LibUSBInterface(self, device, number: interface, name: name)
    }

    /// What the numbers that `ftdi_usb_open_bus_addr` answers mean.
    private static func failure(_ result: Int32, _ device: FTDIDevice, _ name: String) -> PeripheralError {
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
