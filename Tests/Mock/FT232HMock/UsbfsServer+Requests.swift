import CUMockdev
import Glibc
import VirtualHardware

/// Requests of USB's own that usbfs makes of some calls (USB 2.0, table 9-4).
private enum StandardRequest {
    static let clearFeature: UInt8 = 1
    static let setConfiguration: UInt8 = 9
    static let setInterface: UInt8 = 11
}

/// To whom a request is.
private enum Recipient {
    static let device: UInt8 = 0
    static let interface: UInt8 = 1
    static let endpoint: UInt8 = 2
}

extension UsbfsServer {
    /// Whole URBs, however long, and reaping after all. Not among them is memory that is mapped from the device.
    private static let capabilities = UInt32(
        USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_SCATTER_GATHER | USBDEVFS_CAP_REAP_AFTER_DISCONNECT)
    /// Bytes that usbfs holds for all who use it, unless its `usbfs_memory_mb` is changed.
    private static let mostMemory = 16 << 20

    // MARK: Arguments

    /// The structure that the argument points at.
    private func structure<Value>(_ client: Client, _ type: Value.Type) throws(UsbfsRefusal) -> ClientMemory {
        guard let memory = ClientMemory(argument: client, byteCount: MemoryLayout<Value>.size) else {
            throw UsbfsRefusal(EFAULT)
        }
        return memory
    }

    private func value<Value>(
        _ client: Client, as type: Value.Type = Value.self
    ) throws(UsbfsRefusal) -> Value {
        try structure(client, type).value(as: type)
    }

    // MARK: URBs

    func submit(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        let memory = try structure(client, usbdevfs_urb.self)
        let urb = memory.value(as: usbdevfs_urb.self)
        guard let pointer = MemoryLayout<usbdevfs_urb>.offset(of: \.buffer), urb.buffer_length >= 0 else {
            throw UsbfsRefusal(EINVAL)
        }
        guard urb.buffer_length <= Self.mostMemory else { throw UsbfsRefusal(ENOMEM) }
        let length = Int(urb.buffer_length)
        var transfer: UsbfsTransfer?
        switch Int32(urb.type) {
        case USBDEVFS_URB_TYPE_CONTROL:
            // The setup stands at the beginning of the data.
            let head = 8
            guard length >= head, let data = memory.memory(behind: pointer, byteCount: length),
                let setup = USBSetup(data.bytes.prefix(head)), head + Int(setup.length) <= length
            else { throw UsbfsRefusal(EINVAL) }
            transfer = UsbfsTransfer(
                setup, at: .init(structure: memory, pointer: pointer, head: head), for: .urb(memory, of: file))
        case USBDEVFS_URB_TYPE_BULK:
            guard endpoints.contains(urb.endpoint) else { throw UsbfsRefusal(ENOENT) }
            transfer = UsbfsTransfer(
                endpoint: urb.endpoint, byteCount: length, at: .init(structure: memory, pointer: pointer),
                isShortAnError: urb.flags & UInt32(USBDEVFS_URB_SHORT_NOT_OK) != 0, for: .urb(memory, of: file))
        default: throw UsbfsRefusal(EINVAL)
        }
        guard let transfer else { throw UsbfsRefusal(EFAULT) }
        try start(memory, transfer, of: file)
    }

    /// The argument is the URB's address.
    func discard(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        guard let argument = umockdev_ioctl_client_get_arg(client)?.pointee.data else { throw UsbfsRefusal(EFAULT) }
        let address = UnsafeRawPointer(argument).load(as: UInt.self)
        let number = try state.withLock { (state) throws(UsbfsRefusal) in
            try state.node.underWay(at: address, of: file)
        }
        guard host.cancel(number) else { throw UsbfsRefusal(EINVAL) }
    }

    // MARK: Calls that last as long as their transfer

    func control(_ client: Client) throws(UsbfsRefusal) {
        let memory = try structure(client, usbdevfs_ctrltransfer.self)
        let call = memory.value(as: usbdevfs_ctrltransfer.self)
        guard let pointer = MemoryLayout<usbdevfs_ctrltransfer>.offset(of: \.data) else { throw UsbfsRefusal(EINVAL) }
        let setup = USBSetup(
            requestType: call.bRequestType, request: call.bRequest, value: call.wValue, index: call.wIndex,
            length: call.wLength)
        let transfer = UsbfsTransfer(setup, at: .init(structure: memory, pointer: pointer), for: .call(client))
        guard let transfer else { throw UsbfsRefusal(EFAULT) }
        try start(transfer, timeout: call.timeout)
    }

    func bulk(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        let memory = try structure(client, usbdevfs_bulktransfer.self)
        let call = memory.value(as: usbdevfs_bulktransfer.self)
        guard let pointer = MemoryLayout<usbdevfs_bulktransfer>.offset(of: \.data) else { throw UsbfsRefusal(EINVAL) }
        guard let endpoint = UInt8(exactly: call.ep), endpoints.contains(endpoint) else { throw UsbfsRefusal(ENOENT) }
        guard call.len <= Self.mostMemory else { throw UsbfsRefusal(ENOMEM) }
        try changing { (state) throws(UsbfsRefusal) in try state.node.claim(Self.interface, by: file) }
        let transfer = UsbfsTransfer(
            endpoint: endpoint, byteCount: Int(call.len), at: .init(structure: memory, pointer: pointer),
            for: .call(client))
        guard let transfer else { throw UsbfsRefusal(EFAULT) }
        try start(transfer, timeout: call.timeout)
    }

    private func request(
        _ client: Client, _ request: UInt8, _ recipient: UInt8 = Recipient.device, value: UInt16 = 0, index: UInt16 = 0
    ) throws(UsbfsRefusal) {
        let setup = USBSetup(requestType: recipient, request: request, value: value, index: index)
        guard let transfer = UsbfsTransfer(setup, at: nil, for: .call(client)) else { throw UsbfsRefusal(EFAULT) }
        try start(transfer)
    }

    func setConfiguration(_ client: Client) throws(UsbfsRefusal) {
        let configuration: UInt32 = try value(client)
        try request(client, StandardRequest.setConfiguration, value: UInt16(truncatingIfNeeded: configuration))
    }

    func setInterface(_ client: Client) throws(UsbfsRefusal) {
        let choice: usbdevfs_setinterface = try value(client)
        try request(
            client, StandardRequest.setInterface, Recipient.interface,
            value: UInt16(truncatingIfNeeded: choice.altsetting), index: UInt16(truncatingIfNeeded: choice.interface))
    }

    func clearHalt(_ client: Client) throws(UsbfsRefusal) {
        let endpoint: UInt32 = try value(client)
        guard let endpoint = UInt8(exactly: endpoint), endpoints.contains(endpoint) else { throw UsbfsRefusal(ENOENT) }
        try request(client, StandardRequest.clearFeature, Recipient.endpoint, index: UInt16(endpoint))
    }

    /// The kernel resets the port and configures the device anew.
    func reset(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        for number in state.withLock({ $0.node.underWay(of: file) }) { _ = host.cancel(number) }
        try request(client, StandardRequest.setConfiguration, value: 1)
    }

    // MARK: Interfaces

    func claim(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        let interface: UInt32 = try value(client)
        try changing { (state) throws(UsbfsRefusal) in try state.node.claim(interface, by: file) }
    }

    func release(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        let interface: UInt32 = try value(client)
        try changing { (state) throws(UsbfsRefusal) in try state.node.release(interface, by: file) }
    }

    func getDriver(_ client: Client) throws(UsbfsRefusal) {
        let memory = try structure(client, usbdevfs_getdriver.self)
        let interface = memory.value(as: UInt32.self)
        let name = try state.withLock { (state) throws(UsbfsRefusal) in try state.node.driverName(of: interface) }
        // Behind the interface's number; zeros follow.
        for (place, byte) in (Array(name.utf8) + [0]).enumerated() {
            memory.bytes[MemoryLayout<UInt32>.size + place] = byte
        }
    }

    func disconnectAndClaim(_ client: Client) throws(UsbfsRefusal) {
        let file = try file(of: client)
        let memory = try structure(client, usbdevfs_disconnect_claim.self)
        let (interface, flags) = (memory.value(as: UInt32.self), memory.bytes.load(fromByteOffset: 4, as: UInt32.self))
        let name = String(decoding: memory.bytes.dropFirst(8).prefix { $0 != 0 }, as: UTF8.self)
        var isExcepted: Bool?
        if flags & UInt32(USBDEVFS_DISCONNECT_CLAIM_IF_DRIVER) != 0 { isExcepted = false }
        if flags & UInt32(USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER) != 0 { isExcepted = true }
        try changing { (state) throws(UsbfsRefusal) in
            try state.node.disconnectAndClaim(interface, from: name, isExcepted: isExcepted, by: file)
        }
    }

    /// A request within a request: takes an interface from its driver, or gives it back.
    ///
    /// - Returns: what the call answers.
    func bindOrUnbind(_ client: Client) throws(UsbfsRefusal) -> Int {
        let call: usbdevfs_ioctl = try value(client)
        guard let interface = UInt32(exactly: call.ifno) else { throw UsbfsRefusal(EINVAL) }
        switch UInt(UInt32(bitPattern: call.ioctl_code)) {
        case hil_usbfs_disconnect:
            try changing { (state) throws(UsbfsRefusal) in try state.node.disconnect(interface) }
            return 0
        case hil_usbfs_connect:
            try changing { (state) throws(UsbfsRefusal) in try state.node.connect(interface) }
            // As many drivers have taken it.
            return 1
        default: throw UsbfsRefusal(ENOTTY)
        }
    }

    // MARK: What it is

    func getCapabilities(_ client: Client) throws(UsbfsRefusal) {
        try structure(client, UInt32.self).setValue(Self.capabilities)
    }

    func getConnectInfo(_ client: Client) throws(UsbfsRefusal) {
        let info = usbdevfs_connectinfo(devnum: UInt32(MachineDescription.address), slow: 0)
        try structure(client, usbdevfs_connectinfo.self).setValue(info)
    }
}
