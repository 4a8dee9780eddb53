/// The least costly explanation of a stretch of received bytes: which of them are in their place, and where the stream
/// moved.
///
/// Each bit that differs costs one, each move costs more the farther it goes, and the cheapest path through all moves is
/// found by the Viterbi algorithm. With few faults that is the likeliest explanation; of two equal ones it takes the one
/// that moves less. A move lands on a byte that is as it was sent, so that noise is not taken for a move.
struct ShiftPath {
    /// By how many bits the stream may move, the least move first: 0, then whole bytes, then bits.
    let shifts: [Int]
    private let penalties: [Int]

    /// Bytes of a stretch: enough that bytes that are moved look it, few enough that two faults are rare.
    static let window = 32
    /// The farthest move that is looked for, in bytes. Farther ones are found by searching.
    static let farthest = 16
    /// What a move costs in bit errors. A byte that is not the one expected has four on average.
    private static let penalty = 12

    /// - Parameter slips: whether it may move by bits, as it can on a clocked bus.
    init(slips: Bool) {
        var shifts = [0]
        for bytes in 1...Self.farthest { shifts += [8 * bytes, -8 * bytes] }
        if slips { for bits in 1...7 { shifts += [bits, -bits] } }
        self.shifts = shifts
        penalties = shifts.map(Self.cost)
    }

    private static func cost(ofMove bits: Int) -> Int {
        let bytes = (abs(bits) + 7) / 8
        return bits == 0 ? 0 : penalty + (Int.bitWidth - bytes.leadingZeroBitCount)
    }

    /// The first move of the cheapest path, if there is one, and what the path costs.
    struct Decision: Equatable {
        /// Bytes before the move, in their place; all, if there is none.
        var inPlace: Int
        /// By how many bits it moves; 0 if it does not.
        var shift: Int
        /// Bytes that are not as they were sent, on the whole path.
        var damaged: Int
    }

    /// - Parameters:
    ///   - count: bytes in the stretch.
    ///   - difference: bits in which the received byte differs from the one sent, by its place and by the shift.
    ///   - leftOver: how many bits are left over or too many behind the stretch, by the shift, if the stream ends with it.
    func decide(
        count: Int, difference: (_ place: Int, _ shift: Int) -> Int, leftOver: (_ shift: Int) -> Int = { _ in 0 }
    ) -> Decision {
        let never = Int.max / 4
        var costs = [Int](repeating: never, count: shifts.count)
        costs[0] = 0
        // Where the path to each shift came from, place by place.
        var origins = [Int16](repeating: 0, count: count * shifts.count)
        for place in 0..<count {
            var next = costs
            for (index, shift) in shifts.enumerated() {
                let bits = difference(place, shift)
                var (best, origin) = (costs[index], index)
                if bits == 0 {
                    for (other, cost) in costs.enumerated() where cost < never {
                        let moved = cost + costOfMove(from: other, to: index)
                        if moved < best { (best, origin) = (moved, other) }
                    }
                }
                next[index] = min(never, best + bits)
                origins[place * shifts.count + index] = Int16(origin)
            }
            costs = next
        }
        for (index, shift) in shifts.enumerated() { costs[index] += Self.cost(ofMove: leftOver(shift)) }
        return trace(back: costs, origins, count: count, difference)
    }

    private func costOfMove(from: Int, to: Int) -> Int {
        from == 0 ? penalties[to] : Self.cost(ofMove: shifts[to] - shifts[from])
    }

    private func trace(
        back costs: [Int], _ origins: [Int16], count: Int, _ difference: (Int, Int) -> Int
    ) -> Decision {
        var index = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        var decision = Decision(inPlace: count, shift: 0, damaged: 0)
        for place in (0..<count).reversed() {
            if difference(place, shifts[index]) > 0 { decision.damaged += 1 }
            let origin = Int(origins[place * shifts.count + index])
            if origin == 0, index != 0 { (decision.inPlace, decision.shift) = (place, shifts[index]) }
            index = origin
        }
        return decision
    }
}
