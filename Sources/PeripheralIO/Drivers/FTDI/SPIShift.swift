/// How a chip that samples at the first edge of a bit is made to sample at the second: the two known ways, each of which
/// fails with some devices.
public enum SPITrailingEdge: String, CaseIterable, Hashable, Sendable {
    /// Each bit stands for a half period before and after the two edges: 20 MHz at most, and SCK is high for a third of
    /// the time.
    case threePhase = "three-phase"
    /// SCK takes the other level when chip select is asserted, which is the first edge; from there on the edges are those
    /// of the mode with the other polarity. The device sees one more edge behind the last bit.
    case edgeSwap = "edge-swap"
}

/// How the bits of an SPI mode are made with an MPSSE: which opcodes, and where SCK rests.
///
/// The chip is made for modes 0 and 2, in which data is there before the first edge and is sampled at it (AN_114). Modes
/// 1 and 3 need a trick, and each of the two known ones fails with some devices, so that they are asked for by name.
struct SPIShift: Hashable, Sendable {
    /// 0…3: clock polarity times two, plus clock phase.
    let mode: Int
    let leastSignificantFirst: Bool
    /// nil in modes 0 and 2.
    let trailingEdge: SPITrailingEdge?

    /// nil for modes 1 and 3 without a trick.
    init?(mode: Int, leastSignificantFirst: Bool = false, trailingEdge: SPITrailingEdge? = nil) {
        guard mode & 1 == 0 || trailingEdge != nil else { return nil }
        self.mode = mode
        self.leastSignificantFirst = leastSignificantFirst
        self.trailingEdge = mode & 1 == 0 ? nil : trailingEdge
    }

    var isThreePhase: Bool { trailingEdge == .threePhase }

    /// The level of SCK while no device is selected.
    var idlesHigh: Bool { mode & 2 != 0 }
    /// Its level between the bytes while one is.
    var restsHigh: Bool { trailingEdge == .edgeSwap ? !idlesHigh : idlesHigh }

    private static let writes: UInt8 = 0x10
    private static let reads: UInt8 = 0x20
    private static let writesOnFalling: UInt8 = 0x01
    private static let readsOnFalling: UInt8 = 0x04
    private static let lowestBitFirst: UInt8 = 0x08

    /// Bits go out at the second edge, the first of them before the first edge, and are sampled at the first edge, or
    /// at the second where three phases hold them that long.
    private func opcode(_ directions: UInt8) -> UInt8 {
        var opcode = directions
        if directions & Self.writes != 0, !restsHigh { opcode |= Self.writesOnFalling }
        if directions & Self.reads != 0, restsHigh != isThreePhase { opcode |= Self.readsOnFalling }
        if leastSignificantFirst { opcode |= Self.lowestBitFirst }
        return opcode
    }

    var writeOpcode: UInt8 { opcode(Self.writes) }
    var readOpcode: UInt8 { opcode(Self.reads) }
    var exchangeOpcode: UInt8 { opcode(Self.writes | Self.reads) }
}
