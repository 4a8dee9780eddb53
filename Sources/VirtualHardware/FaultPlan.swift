/// What goes wrong on a virtual wire, and when. The same plan with the same seed does the same to the same bytes.
public struct FaultPlan: Hashable, Sendable {
    /// The chance, for each byte, that one of its bits arrives inverted: 0 to 1. What goes beyond 1 in the sum of the
    /// three chances is left out.
    public var flip = 0.0
    /// The chance, for each byte, that it does not arrive. On a clocked bus, where something always comes in, the bytes
    /// behind it in its transfer come one place early and the last place reads 0xFF.
    public var lose = 0.0
    /// The chance, for each byte, that it arrives twice. On a clocked bus the bytes behind it in its transfer come one
    /// place late, and the last does not come.
    public var `repeat` = 0.0
    /// Takes no more than this many bytes at once from whoever sends: at least 1.
    public var shortWrite: Int?
    /// Stops for good once this many bytes have been on the wire, without an error.
    public var stallAfter: UInt64?
    /// Is unplugged once this many bytes have been on the wire.
    public var unplugAfter: UInt64?
    /// The chance, for each answer of a virtual chip to a command that shifts no data (the level of pins, a bad
    /// opcode), that it is wrong: 0 to 1.
    public var wrongReply = 0.0
    /// A USB device puts no more than this many bytes of data in a packet to the host: at least 1.
    public var shortPacket: Int?
    /// A USB device halts the bulk endpoint across which the byte of this number, counted over all of them, has gone:
    /// it answers STALL until the host clears the halt, and then goes on without a fault of this kind.
    public var haltEndpointAfter: UInt64?
    /// A USB device answers NAK for ever at its bulk endpoints once this many bytes have gone across them.
    public var nakAfter: UInt64?
    /// A USB device is unplugged once this many bytes have gone across its bulk endpoints.
    public var detachAfter: UInt64?
    /// Where the random numbers start.
    public var seed: UInt64 = 1

    public init() {}

    /// No fault at all.
    public static let none = FaultPlan()

    /// True if bytes pass unchanged on the wire.
    public var isTransparent: Bool { flip == 0 && lose == 0 && `repeat` == 0 }

    /// How many of `count` bytes are taken at once.
    func taken(of count: Int) -> Int {
        min(count, max(shortWrite ?? count, 1))
    }

    /// How many of `count` more bytes cross a wire that `onWire` have crossed, before it stalls or is unplugged.
    func crossing(_ count: Int, after onWire: UInt64) -> Int {
        let last = min(stallAfter ?? .max, unplugAfter ?? .max)
        return Int(min(UInt64(count), last.subtractingOrZero(onWire)))
    }

    func isUnplugged(after onWire: UInt64) -> Bool { unplugAfter.map { onWire >= $0 } ?? false }
    func isStalled(after onWire: UInt64) -> Bool { stallAfter.map { onWire >= $0 } ?? false }
}

extension UInt64 {
    func subtractingOrZero(_ other: UInt64) -> UInt64 {
        self > other ? self - other : 0
    }
}
