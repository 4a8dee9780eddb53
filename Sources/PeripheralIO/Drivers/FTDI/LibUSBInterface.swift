import CLibFTDI
import CLinux
import Glibc
import RTOS
import Synchronization
import VirtualHardware

/// An interface of an FTDI chip on a real USB, through libusb on the device that libftdi opened.
///
/// libusb's own transfers are used, because libftdi's come one at a time and piece by piece.
final class LibUSBInterface: USBInterface, @unchecked Sendable {
    let name: String
    let chip: FTDIChip
    let number: Int
    let packetSize: Int
    let clock = HardwareClock.wall

    let identity: DeviceIdentity?

    private let context: LibUSBContext
    private let handle: OpaquePointer
    private let endpoints: (out: UInt8, in: UInt8)
    private let slots: LibUSBSlots
    /// What libusb wants watched, and behind it room for two events.
    private let descriptors: UnsafeMutableBufferPointer<pollfd>
    private let watched: Int
    /// The device's own, among them.
    private let devicePlace: Int?
    private let isLost = Atomic(false)

    /// Takes over a device that libftdi has opened, with its interface claimed.
    ///
    /// - Parameter number: of the interface, counted from 1.
    init(_ context: LibUSBContext, _ device: FTDIDevice, number: Int, name: String) throws(PeripheralError) {
        guard let handle = context.ftdi.pointee.usb_dev, let slots = LibUSBSlots(handle) else {
            ftdi_usb_close(context.ftdi)
            throw .system(call: "libusb_alloc_transfer", errno: ENOMEM)
        }
        self.name = name
        chip = device.chip
        self.number = number
        self.context = context
        self.handle = handle
        self.slots = slots
        identity = Self.place(of: libusb_get_device(handle), number).map { DeviceIdentity(device, number, place: $0) }
        // The data sheets number them on: interface A has 0x02 and 0x81, B 0x04 and 0x83.
        let offset = UInt8(2 * (number - 1))
        endpoints = (0x02 + offset, 0x81 + offset)
        let size = libusb_get_max_packet_size(libusb_get_device(handle), endpoints.in)
        packetSize = size > FTDIStatus.length ? Int(size) : (chip.isHighSpeed ? 512 : 64)
        let list = libusb_get_pollfds(context.ftdi.pointee.usb_ctx)
        defer { libusb_free_pollfds(list) }
        var found: [pollfd] = []
        while let entry = list?[found.count] {
            found.append(pollfd(fd: entry.pointee.fd, events: entry.pointee.events, revents: 0))
        }
        watched = found.count
        // usbfs tells of ended transfers as of room to write.
        devicePlace = found.lastIndex { Int32($0.events) & POLLOUT != 0 }
        descriptors = .allocate(capacity: found.count + 2)
        _ = descriptors.initialize(from: found + [pollfd(), pollfd()])
    }

    deinit {
        descriptors.deallocate()
    }

    /// The interface's name in sysfs: the ports on the way to the device, and its place in the one configuration that
    /// FTDI's chips have. nil where libusb does not know the ports.
    private static func place(of device: OpaquePointer?, _ number: Int) -> String? {
        // USB 3.2: no more than 7 tiers.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 7) { ports in
            let count = libusb_get_port_numbers(device, ports.baseAddress, 7)
            guard count > 0 else { return nil }
            let path = ports.prefix(Int(count)).map(String.init).joined(separator: ".")
            return "\(libusb_get_bus_number(device))-\(path):1.\(number - 1)"
        }
    }

    // MARK: Transfers

    func submit(_ transfer: USBTransfer, slot: Int) throws(PeripheralError) {
        guard !isLost.load(ordering: .relaxed) else { throw .deviceLost(name) }
        switch transfer {
        case .control(let request, let answer): slots.fill(slot, request, answer)
        case .out(let bytes):
            slots.fill(slot, endpoints.out, UnsafeMutableRawBufferPointer(mutating: bytes))
        case .in(let buffer): slots.fill(slot, endpoints.in, buffer)
        }
        let result = slots.submit(slot)
        switch result {
        case 0: return
        case LIBUSB_ERROR_NO_DEVICE.rawValue: throw .deviceLost(name)
        case LIBUSB_ERROR_NO_MEM.rawValue: throw .system(call: "\(name): libusb_submit_transfer", errno: ENOMEM)
        default: throw .system(call: "\(name): libusb_submit_transfer", errno: EIO)
        }
    }

    func cancel(slot: Int) {
        slots.cancel(slot)
    }

    func reap(
        until deadline: MonotonicTime, event: EventDescriptor, or other: EventDescriptor, _ ended: (USBEnd) -> Void
    ) throws(PeripheralError) -> Bool {
        descriptors[watched] = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
        descriptors[watched + 1] = pollfd(fd: other.number, events: Int16(POLLIN), revents: 0)
        let result = hil_poll(descriptors.baseAddress!, UInt32(watched + 2), deadline.nanoseconds)
        if result < 0 {
            if result == -EINTR { return false }
            throw .system(call: "ppoll", errno: -result)
        }
        guard result > 0 else { return false }
        if descriptors.prefix(watched).contains(where: { $0.revents != 0 }) {
            var now = timeval()
            libusb_handle_events_timeout_completed(context.ftdi.pointee.usb_ctx, &now, nil)
            noteLoss()
        }
        var hasEnded = false
        while let end = slots.nextEnd() {
            hasEnded = true
            ended(end)
        }
        if !hasEnded, isLost.load(ordering: .relaxed) { throw .deviceLost(name) }
        return descriptors[watched].revents != 0
    }

    /// Where the device is gone, its descriptor says so for ever, and libusb has let go of it.
    private func noteLoss() {
        guard let devicePlace, Int32(descriptors[devicePlace].revents) & (POLLERR | POLLHUP | POLLNVAL) != 0 else {
            return
        }
        descriptors[devicePlace].fd = -1
        isLost.store(true, ordering: .relaxed)
    }

    func watch(until deadline: MonotonicTime, event: EventDescriptor) throws(PeripheralError) -> Bool {
        try withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { (descriptors) throws(PeripheralError) in
            let device = devicePlace.map { self.descriptors[$0].fd } ?? -1
            descriptors[0] = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
            // No events: errors and hang-ups are told all the same.
            descriptors[1] = pollfd(fd: device, events: 0, revents: 0)
            let result = hil_poll(descriptors.baseAddress!, 2, deadline.nanoseconds)
            if result < 0, result != -EINTR { throw .system(call: "ppoll", errno: -result) }
            if isLost.load(ordering: .relaxed) { throw .deviceLost(name) }
            guard result > 0 else { return false }
            if Int32(descriptors[1].revents) & (POLLERR | POLLHUP | POLLNVAL) != 0 { throw .deviceLost(name) }
            return descriptors[0].revents != 0
        }
    }

    /// usbfs keeps the pages for as long as they are mapped, though the device be closed or gone.
    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? {
        let page = Int(getpagesize())
        guard byteCount > 0, byteCount <= .max - page else { return nil }
        let size = (byteCount + page - 1) / page * page
        guard let memory = libusb_dev_mem_alloc(handle, size) else { return nil }
        return UnsafeMutableRawBufferPointer(start: memory, count: size)
    }

    func clearHalts() throws(PeripheralError) {
        for endpoint in [endpoints.out, endpoints.in] {
            let result = libusb_clear_halt(handle, endpoint)
            if result == LIBUSB_ERROR_NO_DEVICE.rawValue { throw .deviceLost(name) }
            if result != 0 { throw .system(call: "\(name): libusb_clear_halt", errno: EIO) }
        }
    }

    func close() {
        slots.free()
        // Releases the interface, and gives it back to the kernel's driver if that had it.
        ftdi_usb_close(context.ftdi)
    }
}
