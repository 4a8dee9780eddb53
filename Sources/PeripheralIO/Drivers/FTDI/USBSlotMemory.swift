import Glibc

/// The memory behind the slots of an interface: for commands, and for what comes in. Allocated once.
final class USBSlotMemory: @unchecked Sendable {
    /// Bytes of the longest IN transfer. Longer ones bring nothing, and libusb would divide them.
    static let inputLength = 16384

    private let memory: UnsafeMutableRawBufferPointer
    private let packetSize: Int
    private static let inputs = USBSlots.in.count * inputLength
    private static let outputs = USBSlots.out.count * SPIProgram.commandCapacity

    init(packetSize: Int) {
        self.packetSize = packetSize
        memory = .allocate(byteCount: Self.inputs + Self.outputs, alignment: 64)
    }

    deinit {
        memory.deallocate()
    }

    private func part(_ start: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + count])
    }

    /// - Parameter isShort: room for one packet will do.
    func input(_ slot: Int, isShort: Bool) -> UnsafeMutableRawBufferPointer {
        part((slot - USBSlots.in.lowerBound) * Self.inputLength, isShort ? packetSize : Self.inputLength)
    }

    func input(_ slot: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(part((slot - USBSlots.in.lowerBound) * Self.inputLength, count))
    }

    func commands(_ slot: Int) -> UnsafeMutableRawBufferPointer {
        let start = Self.inputs + (slot - USBSlots.out.lowerBound) * SPIProgram.commandCapacity
        return part(start, SPIProgram.commandCapacity)
    }
}

/// What errors on USB are called, after the errno values that Linux gives them.
enum USBError {
    static let stalled = EPIPE
    static let failed = EIO
    static let protocolError = EPROTO
    static let timedOut = ETIMEDOUT
}
