import Glibc

/// What goes wrong on a virtual wire, and when. The same plan with the same seed does the same to the same bytes.
public struct FaultPlan: Hashable, Sendable {
    /// The chance, for each byte, that one of its bits arrives inverted.
    public var flip = 0.0
    /// The chance, for each byte, that it does not arrive. On a clocked bus, where something always comes in, the bytes
    /// behind it come one place early and the last place reads 0xFF.
    public var lose = 0.0
    /// The chance, for each byte, that it arrives twice. On a clocked bus the bytes behind it come one place late.
    public var `repeat` = 0.0
    /// Takes no more than this many bytes at once from whoever sends.
    public var shortWrite: Int?
    /// Stops for good once this many bytes have been on the wire, without an error.
    public var stallAfter: UInt64?
    /// Is unplugged once this many bytes have been on the wire.
    public var unplugAfter: UInt64?
    /// Where the random numbers start.
    public var seed: UInt64 = 1

    public init() {}

    /// No fault at all.
    public static let none = FaultPlan()

    /// True if bytes pass unchanged.
    public var isTransparent: Bool { flip == 0 && lose == 0 && `repeat` == 0 }
}

/// What a fault plan makes of the bytes of one direction, in order.
struct FaultyLine: Hashable, Sendable {
    private let plan: FaultPlan
    private var generator: SeededGenerator
    /// Bytes that pass unharmed before the next fault.
    private var unharmed: UInt64

    init(_ plan: FaultPlan) {
        self.plan = plan
        generator = SeededGenerator(seed: plan.seed)
        unharmed = 0
        unharmed = drawGap()
    }

    /// What arrives when `byte` is sent: nothing, one byte or two.
    mutating func pass(_ byte: UInt8, deliver: (UInt8) -> Void) {
        guard unharmed == 0 else {
            unharmed -= 1
            return deliver(byte)
        }
        switch drawFault() {
        case .flip: deliver(byte ^ (1 << UInt8.random(in: 0..<8, using: &generator)))
        case .lose: break
        case .repeat:
            deliver(byte)
            deliver(byte)
        }
        unharmed = drawGap()
    }

    private enum Fault { case flip, lose, `repeat` }

    private var rate: Double { min(plan.flip + plan.lose + plan.repeat, 1) }

    private mutating func drawFault() -> Fault {
        let draw = Double.random(in: 0..<rate, using: &generator)
        if draw < plan.flip { return .flip }
        return draw < plan.flip + plan.lose ? .lose : .repeat
    }

    /// One draw for a whole gap, rather than one for each byte, keeps rare faults cheap: in a run of independent
    /// trials the gap has the geometric distribution.
    private mutating func drawGap() -> UInt64 {
        guard rate > 0 else { return .max }
        guard rate < 1 else { return 0 }
        let uniform = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)
        let gap = log(uniform) / log(1 - rate)
        return gap < 1e18 ? UInt64(gap) : .max
    }
}
