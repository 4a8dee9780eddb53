import Glibc

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
        // log1p, because 1 - rate is 1 where the rate is below 1e-16.
        let gap = log(uniform) / log1p(-rate)
        return gap < 1e18 ? UInt64(gap) : .max
    }
}
