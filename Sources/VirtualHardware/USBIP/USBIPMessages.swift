/// The messages of USB/IP 1.1.1 that both sides know (Linux, Documentation/usb/usbip_protocol.rst). All numbers are
/// big-endian.
enum USBIP {
    static let version: UInt16 = 0x0111
    static let port: UInt16 = 3240
    /// Bytes of a bus ID, of an import request behind its header, and of the header of a command.
    static let busIDSize = 32
    static let operationHeaderSize = 8
    static let commandHeaderSize = 48

    enum Operation {
        static let requestDeviceList: UInt16 = 0x8005
        static let replyDeviceList: UInt16 = 0x0005
        static let requestImport: UInt16 = 0x8003
        static let replyImport: UInt16 = 0x0003
    }

    enum Command {
        static let submit: UInt32 = 1
        static let unlink: UInt32 = 2
        static let returnSubmit: UInt32 = 3
        static let returnUnlink: UInt32 = 4
    }

    /// Negative `errno` values of Linux, which the protocol carries whatever the machine.
    enum Status {
        static let pipe: Int32 = -32
        static let overflow: Int32 = -75
        static let connectionReset: Int32 = -104
        static let shutdown: Int32 = -108
        static let remoteIO: Int32 = -121
    }

    /// A short IN transfer is an error (URB_SHORT_NOT_OK).
    static let shortNotOK: UInt32 = 0x0001
}

/// A device as the list and the import reply describe it.
public struct USBIPDevice: Hashable, Sendable {
    /// Such as “1-1”: at most 31 bytes.
    public var busID: String
    public var busNumber: UInt32
    public var deviceNumber: UInt32
    public var speed: USBSpeed
    /// The device descriptor and the first configuration descriptor, whole.
    public var device: [UInt8]
    public var configuration: [UInt8]

    /// nil if the descriptors are cut off.
    public init?(
        busID: String = "1-1", busNumber: UInt32 = 1, deviceNumber: UInt32 = 2, speed: USBSpeed, device: [UInt8],
        configuration: [UInt8]
    ) {
        guard device.count >= 18, configuration.count >= 18 else { return nil }
        self.busID = busID
        self.busNumber = busNumber
        self.deviceNumber = deviceNumber
        self.speed = speed
        self.device = device
        self.configuration = configuration
    }

    var encoded: [UInt8] {
        var bytes = BigEndianBytes()
        bytes.append("/sys/devices/virtual/hilbridge/\(busID)", size: 256)
        bytes.append(busID, size: USBIP.busIDSize)
        bytes.append(busNumber)
        bytes.append(deviceNumber)
        // enum usb_device_speed of Linux.
        bytes.append(UInt32(speed == .high ? 3 : 2))
        // Vendor, product and release stand the other way round in the descriptor.
        for place in [8, 10, 12] { bytes.bytes += [device[place + 1], device[place]] }
        bytes.bytes += device[4...6]
        bytes.bytes += [configuration[5], device[17], configuration[4]]
        return bytes.bytes
    }

    /// Class, subclass, protocol and padding of its interface.
    var encodedInterface: [UInt8] { Array(configuration[14...16]) + [0] }
}

/// Numbers and texts on their way into a message.
struct BigEndianBytes {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Filled up with zeros, of which there is at least one.
    mutating func append(_ text: String, size: Int) {
        let characters = text.utf8.prefix(size - 1)
        bytes += characters
        bytes += repeatElement(0, count: size - characters.count)
    }
}
