import HardwareTest
import Testing

@Suite("PRBS")
struct PRBSTests {
    /// The register as its definition has it, bit by bit.
    private func reference(_ sequence: PRBS, tap: Int, bytes: Int) -> [UInt8] {
        var register: UInt64 = 1 << UInt64(sequence.order) - 1
        return (0..<bytes).map { _ in
            var byte: UInt8 = 0
            for _ in 0..<8 {
                let bit = (register >> UInt64(sequence.order - 1) ^ register >> UInt64(tap - 1)) & 1
                register = register << 1 | bit
                byte = byte << 1 | UInt8(bit)
            }
            return byte
        }
    }

    private func bytes(_ sequence: PRBS, _ range: Range<Int>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        bytes.withUnsafeMutableBytes { sequence.fill($0, from: range.lowerBound) }
        return bytes
    }

    @Test(
        "are what the shift registers give", arguments: [(PRBS.prbs7, 6), (.prbs15, 14), (.prbs23, 18), (.prbs31, 28)])
    func reference(sequence: PRBS, tap: Int) {
        #expect(bytes(sequence, 0..<70_000) == reference(sequence, tap: tap, bytes: 70_000))
    }

    @Test("start anywhere", arguments: PRBS.allCases)
    func anywhere(sequence: PRBS) {
        let whole = bytes(sequence, 0..<2000)
        for start in 0..<300 { #expect(bytes(sequence, start..<start + 9) == Array(whole[start..<start + 9])) }
        // After a period of bits the sequence begins anew; so it does after as many bytes.
        #expect(bytes(sequence, sequence.period..<sequence.period + 100) == Array(whole[..<100]))
    }

    @Test("have every state but zero once a period")
    func balance() {
        let whole = bytes(.prbs15, 0..<PRBS.prbs15.period)
        #expect(whole.reduce(0) { $0 + $1.nonzeroBitCount } == 8 * 16384)
    }
}
