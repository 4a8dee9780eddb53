import Testing

@testable import VirtualHardware

@Suite("Faulty line")
struct FaultyLineTests {
    private func pass(_ bytes: [UInt8], through line: inout FaultyLine) -> [UInt8] {
        var arrived: [UInt8] = []
        for byte in bytes { line.pass(byte) { arrived.append($0) } }
        return arrived
    }

    private func plan(flip: Double = 0, lose: Double = 0, repeat: Double = 0, seed: UInt64 = 1) -> FaultPlan {
        var plan = FaultPlan()
        plan.flip = flip
        plan.lose = lose
        plan.repeat = `repeat`
        plan.seed = seed
        return plan
    }

    private let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    @Test("changes nothing without a plan")
    func transparent() {
        var line = FaultyLine(.none)
        #expect(pass(bytes, through: &line) == bytes)
    }

    @Test("flips exactly one bit of a byte that it flips, and every bit has its turn")
    func flip() {
        var line = FaultyLine(plan(flip: 1))
        let arrived = pass(bytes, through: &line)
        let changes = zip(bytes, arrived).map { $0 ^ $1 }
        #expect(arrived.count == bytes.count)
        #expect(changes.allSatisfy { $0.nonzeroBitCount == 1 })
        #expect(Set(changes).count == 8)
    }

    @Test("loses every byte at rate 1, and doubles every byte at rate 1")
    func loseAndRepeat() {
        var losing = FaultyLine(plan(lose: 1))
        #expect(pass([1, 2, 3], through: &losing) == [])
        var repeating = FaultyLine(plan(repeat: 1))
        #expect(pass([1, 2, 3], through: &repeating) == [1, 1, 2, 2, 3, 3])
    }

    @Test("a line that only loses delivers the rest in order; one that only repeats misses nothing")
    func order() {
        let numbered = (0..<200).map { UInt8($0) }
        var losing = FaultyLine(plan(lose: 0.3))
        let rest = pass(numbered, through: &losing)
        #expect(rest.count < numbered.count && rest == rest.sorted() && Set(rest).count == rest.count)

        var repeating = FaultyLine(plan(repeat: 0.3))
        let all = pass(numbered, through: &repeating)
        #expect(all.count > numbered.count && all == all.sorted() && Set(all) == Set(numbered))
    }

    @Test("does the same from the same seed, and something else from another")
    func repeatable() {
        let faults = plan(flip: 0.01, lose: 0.01, repeat: 0.01, seed: 5)
        var first = FaultyLine(faults)
        var second = FaultyLine(faults)
        let arrived = pass(bytes, through: &first)
        #expect(arrived == pass(bytes, through: &second))
        #expect(first == second)
        var other = FaultyLine(plan(flip: 0.01, lose: 0.01, repeat: 0.01, seed: 6))
        #expect(arrived != pass(bytes, through: &other))
    }

    @Test("does the same however the bytes are split", arguments: 0..<50 as Range<UInt64>)
    func splits(seed: UInt64) {
        let faults = plan(flip: 0.02, lose: 0.02, repeat: 0.02, seed: seed)
        var whole = FaultyLine(faults)
        var split = FaultyLine(faults)
        var generator = SeededGenerator(seed: seed)
        var arrived: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...min(97, rest.count), using: &generator)
            // A line is a value: a copy goes on where the original stood.
            var copy = split
            arrived += pass(Array(rest.prefix(count)), through: &copy)
            split = copy
            rest = rest.dropFirst(count)
        }
        #expect(arrived == pass(bytes, through: &whole))
    }

    @Test("keeps to the rates that it was given", arguments: [0.5, 0.1, 0.01, 0.001])
    func rates(rate: Double) {
        let total = 1_000_000
        var counts = (flipped: 0, lost: 0, doubled: 0)
        var line = FaultyLine(plan(flip: rate / 2, lose: rate / 4, repeat: rate / 4, seed: 11))
        for _ in 0..<total {
            var arrived: (count: Int, last: UInt8) = (0, 0)
            line.pass(0) { arrived = (arrived.count + 1, $0) }
            switch arrived.count {
            case 0: counts.lost += 1
            case 2: counts.doubled += 1
            default: counts.flipped += arrived.last == 0 ? 0 : 1
            }
        }
        // Six standard deviations of a binomial count; the seed is fixed, so that it holds always or never.
        func isNear(_ count: Int, _ expected: Double) -> Bool {
            let mean = expected * Double(total)
            return abs(Double(count) - mean) < 6 * mean.squareRoot()
        }
        #expect(isNear(counts.flipped, rate / 2), "\(counts)")
        #expect(isNear(counts.lost, rate / 4), "\(counts)")
        #expect(isNear(counts.doubled, rate / 4), "\(counts)")
    }

    @Test("spreads its faults: gaps between them are as long as independent faults would leave")
    func gaps() {
        // With rate p a gap is 0 with probability p, and longer than g with probability (1 - p)^(g + 1).
        let rate = 0.1
        var line = FaultyLine(plan(lose: rate, seed: 3))
        var gaps: [Int] = []
        var gap = 0
        for _ in 0..<1_000_000 {
            var hasArrived = false
            line.pass(0) { _ in hasArrived = true }
            if hasArrived {
                gap += 1
            } else {
                gaps.append(gap)
                gap = 0
            }
        }
        let none = Double(gaps.count { $0 == 0 }) / Double(gaps.count)
        let long = Double(gaps.count { $0 > 20 }) / Double(gaps.count)
        #expect(abs(none - 0.1) < 0.006)
        #expect(abs(long - 0.1094) < 0.006)
    }

    @Test(
        "bears rates too small for a double to tell 1 - rate from 1",
        arguments: [1e-16, 1e-20, 1e-300, .leastNonzeroMagnitude])
    func tinyRates(rate: Double) {
        var line = FaultyLine(plan(flip: rate))
        #expect(pass(bytes, through: &line) == bytes)
    }

    @Test("cuts off chances beyond 1")
    func tooMuch() {
        var line = FaultyLine(plan(flip: 1, lose: 1, repeat: 1))
        #expect(pass(bytes, through: &line).count == bytes.count)
    }
}

@Suite("Fault plan")
struct FaultPlanTests {
    @Test("takes at least one byte at once, whatever short write it is given")
    func shortWrite() {
        var plan = FaultPlan()
        #expect(plan.taken(of: 100) == 100)
        plan.shortWrite = 7
        #expect(plan.taken(of: 100) == 7)
        #expect(plan.taken(of: 3) == 3)
        for tooShort in [0, -1, .min] {
            plan.shortWrite = tooShort
            #expect(plan.taken(of: 100) == 1)
        }
    }

    @Test("lets bytes cross up to the first of stall and unplug")
    func crossing() {
        var plan = FaultPlan()
        #expect(plan.crossing(50, after: 1 << 60) == 50)
        plan.stallAfter = 10
        #expect(plan.crossing(50, after: 4) == 6)
        plan.unplugAfter = 7
        #expect(plan.crossing(50, after: 4) == 3)
        #expect(plan.crossing(2, after: 4) == 2)
        #expect(plan.crossing(50, after: 8) == 0)
    }
}
