/// The opcodes of the MPSSE that shift no data (AN_108, sections 3.6 to 3.9).
public enum MPSSEOpcode: UInt8, Sendable, CaseIterable {
    case setLowByte = 0x80
    case readLowByte = 0x81
    case setHighByte = 0x82
    case readHighByte = 0x83
    case connectLoopback = 0x84
    case disconnectLoopback = 0x85
    case setDivisor = 0x86
    case sendImmediate = 0x87
    case waitHigh = 0x88
    case waitLow = 0x89
    case disableDivideByFive = 0x8A
    case enableDivideByFive = 0x8B
    case enableThreePhase = 0x8C
    case disableThreePhase = 0x8D
    case clockBits = 0x8E
    case clockBytes = 0x8F
    case clockUntilHigh = 0x94
    case clockUntilLow = 0x95
    case enableAdaptive = 0x96
    case disableAdaptive = 0x97
    case clockBytesUntilHigh = 0x9C
    case clockBytesUntilLow = 0x9D
    case driveOnlyZero = 0x9E

    /// How many bytes follow the opcode.
    var operandCount: Int {
        switch self {
        case .setLowByte, .setHighByte, .setDivisor, .clockBytes, .clockBytesUntilHigh, .clockBytesUntilLow,
            .driveOnlyZero:
            2
        case .clockBits: 1
        default: 0
        }
    }

    /// What answers an opcode that the chip does not know, followed by that opcode (AN_108, section 3.1). The opcodes
    /// of the CPU modes, 0x90 to 0x93, are among those.
    public static let badCommand: UInt8 = 0xFA
}
