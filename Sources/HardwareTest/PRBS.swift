/// A pseudorandom binary sequence of a linear-feedback shift register, as bit error testers send them.
///
/// `prbs15`, `prbs23` and `prbs31` have the polynomials of ITU-T O.150, `prbs7` that of the widespread tester sequence,
/// x⁷ + x⁶ + 1. Not inverted; the register starts with all ones, and the first bit is the highest of the first byte.
/// Every state but zero occurs once a period of 2ⁿ − 1 bits, which is odd, so the bytes repeat after 2ⁿ − 1 bytes.
public enum PRBS: Int, Hashable, Sendable, CaseIterable {
    case prbs7 = 7
    case prbs15 = 15
    case prbs23 = 23
    case prbs31 = 31

    /// How many stages the register has.
    public var order: Int { rawValue }

    /// Bits after which the sequence repeats.
    public var period: Int { 1 << order - 1 }

    /// The other tap: bit *i* is bit *i − order* plus bit *i − tap*, modulo 2.
    private var tap: Int {
        switch self {
        case .prbs7: 6
        case .prbs15: 14
        case .prbs23: 18
        case .prbs31: 28
        }
    }

    /// Puts the bytes from `position` on into `buffer`. Costs the same wherever one starts.
    public func fill(_ buffer: UnsafeMutableRawBufferPointer, from position: Int) {
        // Before the first bit there are the all ones of the register, and what led to them.
        var history = bits(endingAt: (position % period &* 8 + period - 1) % period)
        // Squaring a recurrence modulo 2 doubles its distances: repeated until 32 bits follow from those before them.
        var (far, near) = (order, tap)
        while near < 32 { (far, near) = (far * 2, near * 2) }
        var place = 0
        while place < buffer.count {
            let word = UInt32(truncatingIfNeeded: (history >> UInt64(far - 32)) ^ (history >> UInt64(near - 32)))
            history = history << 32 | UInt64(word)
            let count = min(4, buffer.count - place)
            for byte in 0..<count {
                buffer[place + byte] = UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * byte))
            }
            place += count
        }
    }

    /// 64 bits of the sequence, the last of them (the lowest) at `index`, which is counted modulo the period.
    private func bits(endingAt index: Int) -> UInt64 {
        let last = (index % period + period) % period
        // From `order` bits the others follow, one by one.
        var bits: UInt64 = 0
        let first = (last - 63 % period + period) % period
        bits = register(before: first)
        for _ in 0..<64 {
            let next = (bits >> UInt64(order - 1) ^ bits >> UInt64(tap - 1)) & 1
            bits = bits << 1 | next
        }
        return bits
    }

    /// The register when the bit at `index` is the next to come: the `order` bits before it, the last of them lowest.
    ///
    /// A step is a multiplication by x modulo the polynomial, so many steps are a power of x.
    private func register(before index: Int) -> UInt64 {
        var power = polynomialPower(index)
        // Coefficient k of x^index says that the bit is a sum of the first register's bits: bit k of those, oldest first.
        var register: UInt64 = 0
        for _ in 0..<order {
            // All of the first register's bits are one, so a sum of them is the parity of how many there are.
            register = register << 1 | UInt64(power.nonzeroBitCount & 1)
            power = multipliedByX(power)
        }
        return register
    }

    /// xⁿ modulo the characteristic polynomial x^order + x^(order − tap) + 1.
    private func polynomialPower(_ exponent: Int) -> UInt64 {
        var (result, base, rest): (UInt64, UInt64, Int) = (1, 2, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, base) }
            base = product(base, base)
            rest >>= 1
        }
        return result
    }

    private func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (result, shifted): (UInt64, UInt64) = (0, a)
        for bit in 0..<order {
            if b >> UInt64(bit) & 1 == 1 { result ^= shifted }
            shifted = multipliedByX(shifted)
        }
        return result
    }

    private func multipliedByX(_ a: UInt64) -> UInt64 {
        let shifted = a << 1
        guard shifted >> UInt64(order) & 1 == 1 else { return shifted }
        return shifted ^ (1 << UInt64(order)) ^ (1 << UInt64(order - tap)) ^ 1
    }
}
