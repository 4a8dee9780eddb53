import Foundation
import HardwareTest
import Testing

@Suite("Stream aligner, whatever comes")
struct AlignerRobustnessTests {
    static let patterns: [Pattern] = [
        .counter, .alternating, .walkingOnes, .walkingZeros, .random(seed: 5), .prbs(.prbs7), .prbs(.prbs23),
        .file(Data("a file of a few bytes".utf8)), .file(Data([0])),
    ]

    /// The pattern's bytes, cut up and put together again in any way.
    private func mangled(_ pattern: Pattern, _ count: Int) -> [UInt8] {
        var sent = [UInt8](repeating: 0, count: count)
        sent.withUnsafeMutableBytes { pattern.fill($0, from: 0) }
        var bytes: [UInt8] = []
        var place = 0
        while place < count {
            let length = min(count - place, Int.random(in: 1...120))
            switch Int.random(in: 0..<6) {
            case 0: place += length
            case 1: place = max(0, place - Int.random(in: 0...30))
            case 2: bytes += (0..<length).map { _ in UInt8.random(in: 0...255) }
            default:
                bytes += sent[place..<place + length]
                place += length
            }
            if bytes.count > 4 * count { break }
        }
        return bytes
    }

    @Test("a stream: every byte is accounted for, however it is cut", arguments: patterns)
    func streams(pattern: Pattern) {
        for _ in 0..<12 {
            let count = Int.random(in: 1...1500)
            let bytes = mangled(pattern, count)
            var results: [StreamDamage] = []
            for piece in [Int.random(in: 1...50), bytes.count + 1] {
                var aligner = StreamAligner(pattern, count: count)
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { aligner.receive($0) }
                }
                aligner.finish()
                results.append(aligner.damage)
            }
            #expect(results[0] == results[1])
            let extra = results[0].repeatedBytes + results[0].insertedBytes
            #expect(bytes.count - extra == count - results[0].lostBytes, "\(bytes)")
            #expect(results[0].map.counts.reduce(0, +) >= results[0].eventCount)
        }
    }

    @Test(
        "transfers of any length, in either order of bits", arguments: patterns,
        [BitOrder.mostSignificantFirst, .leastSignificantFirst])
    func transfers(pattern: Pattern, order: BitOrder) {
        for _ in 0..<6 {
            var aligner = StreamAligner(transfersOf: pattern, order: order)
            let bytes = mangled(pattern, 1000)
            var place = 0
            while place < bytes.count {
                let end = min(bytes.count, place + Int.random(in: 1...200))
                aligner.beginTransfer(place..<end)
                bytes[place..<end].withUnsafeBytes { aligner.receive($0) }
                aligner.endTransfer()
                place = end
            }
            aligner.finish(sent: bytes.count)
            #expect(aligner.damage.badBytes <= 20 * bytes.count)
            #expect(!aligner.isUndecided)
        }
    }
}
