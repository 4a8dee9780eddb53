/// What a USB/IP server answers.
enum USBIPReply {
    private static func operationHeader(_ code: UInt16, status: UInt32) -> BigEndianBytes {
        var bytes = BigEndianBytes()
        bytes.append(USBIP.version)
        bytes.append(code)
        bytes.append(status)
        return bytes
    }

    static func deviceList(_ devices: [USBIPDevice]) -> [UInt8] {
        var bytes = operationHeader(USBIP.Operation.replyDeviceList, status: 0)
        bytes.append(UInt32(devices.count))
        for device in devices { bytes.bytes += device.encoded + device.encodedInterface }
        return bytes.bytes
    }

    /// nil: there is no such device, or somebody has it.
    static func importDevice(_ device: USBIPDevice?) -> [UInt8] {
        operationHeader(USBIP.Operation.replyImport, status: device == nil ? 1 : 0).bytes + (device?.encoded ?? [])
    }

    private static func commandHeader(_ command: UInt32, _ sequence: UInt32, _ status: Int32) -> BigEndianBytes {
        var bytes = BigEndianBytes()
        bytes.append(command)
        bytes.append(sequence)
        // Device, direction and endpoint mean nothing in an answer.
        for _ in 0..<3 { bytes.append(UInt32(0)) }
        bytes.append(status)
        return bytes
    }

    /// - Parameter data: what an IN transfer brought; empty for OUT.
    static func submission(
        _ sequence: UInt32, status: Int32, count: Int, data: UnsafeRawBufferPointer
    ) -> [UInt8] {
        var bytes = commandHeader(USBIP.Command.returnSubmit, sequence, status)
        bytes.append(UInt32(count))
        // Start frame, packets, errors, and the place of the setup.
        for _ in 0..<5 { bytes.append(UInt32(0)) }
        bytes.bytes += data
        return bytes.bytes
    }

    static func unlink(_ sequence: UInt32, status: Int32) -> [UInt8] {
        var bytes = commandHeader(USBIP.Command.returnUnlink, sequence, status)
        for _ in 0..<6 { bytes.append(UInt32(0)) }
        return bytes.bytes
    }
}
