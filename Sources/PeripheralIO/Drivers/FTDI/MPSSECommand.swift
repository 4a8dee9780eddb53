/// Opcodes of the MPSSE that the driver sends besides those that shift data (AN_108, sections 3.6 to 3.8).
enum MPSSECommand {
    static let setLowByte: UInt8 = 0x80
    static let readLowByte: UInt8 = 0x81
    static let setHighByte: UInt8 = 0x82
    static let readHighByte: UInt8 = 0x83
    static let connectLoopback: UInt8 = 0x84
    static let disconnectLoopback: UInt8 = 0x85
    static let setDivisor: UInt8 = 0x86
    static let sendImmediate: UInt8 = 0x87
    static let use60MHz: UInt8 = 0x8A
    static let use12MHz: UInt8 = 0x8B
    static let enableThreePhase: UInt8 = 0x8C
    static let disableThreePhase: UInt8 = 0x8D
    static let disableAdaptive: UInt8 = 0x97

    /// An opcode that no chip knows, and what every chip answers it with, followed by the opcode (AN_108, section 3.1).
    static let unknown: UInt8 = 0xAA
    static let badCommand: UInt8 = 0xFA
}

/// Commands to the MPSSE that are being put together in memory of somebody else's: what goes out as one transfer.
struct CommandBuffer: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    /// - Parameter memory: outlives this, and nobody else uses it meanwhile.
    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    var space: Int { memory.count - count }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    mutating func append(_ byte: UInt8) {
        memory[count] = byte
        count += 1
    }

    mutating func append(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        append(first)
        append(second)
        append(third)
    }

    mutating func append(_ command: UInt8, word: UInt16) {
        append(command, UInt8(truncatingIfNeeded: word), UInt8(word >> 8))
    }

    mutating func append(copying bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}
