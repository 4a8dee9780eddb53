/// An opcode of the MPSSE that shifts data: 0x00–0x7F, whose bits say what to do (AN_108, section 3.2).
///
/// AN_108 names the combinations that it has a use for. The chip goes by the bits, and programs rely on that: OpenOCD
/// reads with 0x29 and, to sample late, with 0x3D. So does this one. What says neither read nor write, or TMS in other
/// ways than AN_108 has it, is a bad opcode.
public struct ShiftOpcode: Hashable, Sendable {
    public let rawValue: UInt8

    /// nil if it is none.
    public init?(_ opcode: UInt8) {
        let isTMS = opcode & 0x40 != 0
        let isData = opcode & 0x70 == 0x10 || opcode & 0x70 == 0x20 || opcode & 0x70 == 0x30
        // TMS goes out in bits, the least significant first, and takes DO along in bit 7 of its byte.
        guard opcode < 0x80, isTMS ? opcode & 0x1A == 0x0A : isData else { return nil }
        rawValue = opcode
    }

    /// DO or TMS changes at falling edges, rather than at rising ones.
    public var writesOnFalling: Bool { rawValue & 0x01 != 0 }
    /// One to eight bits, rather than bytes.
    public var isBits: Bool { rawValue & 0x02 != 0 }
    /// DI is sampled at falling edges, rather than at rising ones.
    public var readsOnFalling: Bool { rawValue & 0x04 != 0 }
    public var leastSignificantFirst: Bool { rawValue & 0x08 != 0 }
    public var writesData: Bool { rawValue & 0x10 != 0 }
    public var reads: Bool { rawValue & 0x20 != 0 }
    public var writesTMS: Bool { rawValue & 0x40 != 0 }
    public var writes: Bool { writesData || writesTMS }

    /// How many bytes follow the opcode before it can begin: a length, and the bits to write.
    var operandCount: Int { isBits ? (writes ? 2 : 1) : 2 }
}
