import Glibc

/// The memory behind the slots of an interface: for commands, and for what comes in. Allocated once.
final class USBSlotMemory: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    private let packetSize: Int
    /// Bytes of the longest IN transfer.
    private let inputLength: Int
    /// The slots for these that have memory.
    let inputSlots: Range<Int>
    private var inputs: Int { inputSlots.count * inputLength }
    private static let outputs = USBSlots.out.count * SPIProgram.commandCapacity

    /// - Parameter inputLength: a multiple of the packet size.
    init(packetSize: Int, inputs: Int, inputLength: Int) {
        self.packetSize = packetSize
        self.inputLength = inputLength
        inputSlots = USBSlots.in.prefix(inputs)
        memory = .allocate(byteCount: inputSlots.count * inputLength + Self.outputs, alignment: 64)
    }

    deinit {
        memory.deallocate()
    }

    private func part(_ start: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + count])
    }

    /// - Parameter isShort: room for one packet will do.
    func input(_ slot: Int, isShort: Bool) -> UnsafeMutableRawBufferPointer {
        part((slot - USBSlots.in.lowerBound) * inputLength, isShort ? packetSize : inputLength)
    }

    func input(_ slot: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(part((slot - USBSlots.in.lowerBound) * inputLength, count))
    }

    func commands(_ slot: Int) -> UnsafeMutableRawBufferPointer {
        let start = inputs + (slot - USBSlots.out.lowerBound) * SPIProgram.commandCapacity
        return part(start, SPIProgram.commandCapacity)
    }
}

/// What errors on USB are called, after the errno values that Linux gives them.
enum USBError {
    static let stalled = EPIPE

    /// An endpoint is halted: the chip takes nothing more there until it is told to go on.
    static func stall(of what: String) -> PeripheralError {
        .system(call: "\(what): refused by the chip (stalled); try again, or plug it in anew", errno: stalled)
    }

    static let failed = EIO
    static let protocolError = EPROTO
    static let timedOut = ETIMEDOUT
}
