import Foundation
import HardwareTest
import Testing

@Suite("Test patterns")
struct PatternTests {
    private static let file = Data((0..<1009).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    static let patterns: [Pattern] = [
        .counter, .alternating, .walkingOnes, .walkingZeros, .random(seed: 7), .prbs(.prbs7), .prbs(.prbs31),
        .file(file),
    ]

    private func bytes(of pattern: Pattern, _ range: Range<Int>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        bytes.withUnsafeMutableBytes { pattern.fill($0, from: range.lowerBound) }
        return bytes
    }

    @Test("say what they are called")
    func content() {
        #expect(bytes(of: .counter, 254..<258) == [254, 255, 0, 1])
        #expect(bytes(of: .alternating, 0..<3) == [0x55, 0xAA, 0x55])
        #expect(bytes(of: .walkingOnes, 6..<10) == [0x40, 0x80, 0x01, 0x02])
        #expect(bytes(of: .file(Data("abc".utf8)), 2..<7) == Array("cabca".utf8))
    }

    @Test("can be told from the place alone, wherever one starts", arguments: patterns)
    func randomAccess(pattern: Pattern) {
        let whole = bytes(of: pattern, 0..<3000)
        for start in [0, 1, 7, 8, 9, 1000, 1008, 1009, 2990] {
            for length in [0, 1, 2, 7, 8, 9, 10] {
                #expect(bytes(of: pattern, start..<start + length) == Array(whole[start..<start + length]))
            }
        }
    }

    @Test("from another seed are others")
    func seeds() {
        #expect(bytes(of: .random(seed: 1), 0..<64) != bytes(of: .random(seed: 2), 0..<64))
    }

    @Test("are found by the names that the command offers")
    func names() {
        for name in Pattern.names { #expect(Pattern(name: name) != nil) }
        #expect(Pattern(name: "nonsense") == nil)
    }
}
