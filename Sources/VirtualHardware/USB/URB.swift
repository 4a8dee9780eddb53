import RTOS

/// A request to a USB device, on its way until the bus completes it. Its buffer belongs to the bus for that time.
public struct URB: @unchecked Sendable {
    public enum Transfer {
        /// The buffer is the data stage: at least as long as the setup says.
        case control(USBSetup, UnsafeMutableRawBufferPointer)
        /// The device reads straight out of the caller's buffer.
        case bulkOut(endpoint: UInt8, UnsafeRawBufferPointer)
        /// The device writes straight into the caller's buffer, status bytes and all. Ends with a packet that is
        /// shorter than the largest, or with the buffer.
        case bulkIn(endpoint: UInt8, UnsafeMutableRawBufferPointer)
    }

    /// The caller's own, to cancel it by and to know its completion by.
    public let id: UInt64
    public let transfer: Transfer

    public init(id: UInt64, _ transfer: Transfer) {
        self.id = id
        self.transfer = transfer
    }

    /// 0 for control transfers.
    public var endpoint: UInt8 {
        switch transfer {
        case .control: 0
        case .bulkOut(let endpoint, _), .bulkIn(let endpoint, _): endpoint
        }
    }

    /// Where its data is, in the caller's memory, and how much.
    public var buffer: UnsafeRawBufferPointer {
        switch transfer {
        case .control(_, let buffer), .bulkIn(_, let buffer): UnsafeRawBufferPointer(buffer)
        case .bulkOut(_, let buffer): buffer
        }
    }
}

/// How a URB ended.
public struct URBCompletion: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        case completed
        /// The endpoint answered STALL (`EPIPE`).
        case stalled
        /// Its owner took it back (`ECONNRESET`).
        case cancelled
        /// The device is gone (`ESHUTDOWN`).
        case unplugged
        /// A packet had more bytes than there was room for (`EOVERFLOW`).
        case overflowed
    }

    public let id: UInt64
    public let endpoint: UInt8
    public let status: Status
    /// Bytes of data that crossed the bus, whatever the status.
    public let count: Int
    /// When its owner learns of it.
    public let time: MonotonicTime
}

/// A URB that was submitted, as `VirtualUSBBus.recordsSubmissions` has it noted.
public struct URBSubmission: Hashable, Sendable {
    public let id: UInt64
    public let endpoint: UInt8
    /// Where its data is in the caller's memory.
    public let address: UInt
    public let count: Int
    public let time: MonotonicTime
}
