import RTOS

/// A USB device as a host controller sees it: a plain value that is told the time and given packets.
public protocol USBDevice: Sendable {
    var speed: USBSpeed { get }
    /// The addresses of its bulk endpoints, such as 0x02 (OUT) and 0x81 (IN).
    var bulkEndpoints: [UInt8] { get }
    /// True once it is gone; for good.
    var isUnplugged: Bool { get }

    /// Does what there is to do up to `now`.
    mutating func advance(to now: MonotonicTime)
    /// A whole control transfer. `data` is the data stage of one to the device.
    mutating func control(_ setup: USBSetup, data: UnsafeRawBufferPointer, at now: MonotonicTime) -> USBControlAnswer
    /// A packet to a bulk endpoint; taken as a whole or not at all.
    mutating func bulkOut(
        _ packet: UnsafeRawBufferPointer, endpoint: UInt8, at now: MonotonicTime
    ) -> USBHandshake
    /// Asks a bulk endpoint for a packet. `packet` has room for the largest.
    mutating func bulkIn(
        into packet: UnsafeMutableRawBufferPointer, endpoint: UInt8, at now: MonotonicTime
    ) -> USBInAnswer
    /// When an endpoint that has answered NAK may answer otherwise: never too late, but maybe too early; nil if the
    /// host has to do something first.
    ///
    /// - Parameter size: bytes of the packet that an OUT endpoint did not take.
    func nextChange(endpoint: UInt8, size: Int) -> MonotonicTime?
}

public enum USBHandshake: Hashable, Sendable {
    case ack, nak, stall
}

public enum USBInAnswer: Hashable, Sendable {
    /// A packet of so many bytes.
    case data(Int)
    case nak, stall
}

public enum USBControlAnswer: Hashable, Sendable {
    /// What goes to the host; the host cuts it off at the length it asked for. Empty where nothing does.
    case data([UInt8])
    case stall
}

/// How a device talks on its bus (USB 2.0, sections 5.8.3 and 5.8.4).
public enum USBSpeed: Hashable, Sendable {
    /// 12 Mbit/s, frames of 1 ms.
    case full
    /// 480 Mbit/s, microframes of 125 µs.
    case high

    /// The largest bulk packet, in bytes.
    public var bulkPacketSize: Int { self == .high ? 512 : 64 }
    /// Nanoseconds of a frame, or of a microframe.
    public var frameTime: UInt64 { self == .high ? 125_000 : 1_000_000 }
    /// The most bulk packets of full size in a frame (USB 2.0, tables 5-9 and 5-10).
    public var packetsPerFrame: UInt64 { self == .high ? 13 : 19 }
}
