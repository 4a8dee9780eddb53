import HardwareTest
import Testing

@Suite("Stream aligner on a clocked bus")
struct TransferAlignerTests {
    private static let pattern = Pattern.random(seed: 4)
    private static let transfer = 128

    private func sent(_ number: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.transfer)
        bytes.withUnsafeMutableBytes { Self.pattern.fill($0, from: number * Self.transfer) }
        return bytes
    }

    /// What an aligner makes of three transfers, of which the second comes back changed.
    private func damage(
        order: BitOrder = .mostSignificantFirst, of change: ([UInt8]) -> [UInt8]
    ) -> StreamDamage {
        var aligner = StreamAligner(transfersOf: Self.pattern, order: order)
        for number in 0..<3 {
            let received = number == 1 ? change(sent(number)) : sent(number)
            aligner.beginTransfer(number * Self.transfer..<(number + 1) * Self.transfer)
            received.withUnsafeBytes { aligner.receive($0) }
            aligner.endTransfer()
        }
        aligner.finish(sent: 3 * Self.transfer)
        return aligner.damage
    }

    @Test("does not count the places that a lost byte leaves at the end of its transfer", arguments: 1...4)
    func lost(count: Int) {
        for place in 0..<Self.transfer - 16 {
            let damage = damage { bytes in
                Array(bytes[..<place] + bytes[(place + count)...]) + [UInt8](repeating: 0xFF, count: count)
            }
            #expect(damage.events.count == 1 && damage.lostBytes == count, "\(place): \(damage.events)")
        }
    }

    @Test("does not count the bytes that a repeated one pushes out of its transfer")
    func repeated() {
        for place in 0..<Self.transfer - 8 {
            let damage = damage { bytes in Array((bytes[...place] + bytes[place...]).prefix(Self.transfer)) }
            #expect(
                damage.events == [.init(.repeated, at: Self.transfer + place, count: 1)], "\(place): \(damage.events)")
        }
    }

    /// The bits of bytes, in the order in which they go over the wire.
    private func bits(_ bytes: [UInt8], _ order: BitOrder) -> [UInt8] {
        bytes.flatMap { byte in
            (0..<8).map { order == .mostSignificantFirst ? byte >> UInt8(7 - $0) & 1 : byte >> UInt8($0) & 1 }
        }
    }

    private func bytes(_ bits: [UInt8], _ order: BitOrder) -> [UInt8] {
        stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].enumerated().reduce(0) { byte, bit in
                byte | bit.element << UInt8(order == .mostSignificantFirst ? 7 - bit.offset : bit.offset)
            }
        }
    }

    @Test(
        "finds a clock too few and a clock too many, by up to seven, at every bit of a byte",
        arguments: [BitOrder.mostSignificantFirst, .leastSignificantFirst])
    func slips(order: BitOrder) {
        for count in 1...7 {
            for place in 8 * 20..<8 * 28 {
                let missing = damage(order: order) { sent in
                    var bits = self.bits(sent, order)
                    bits.removeSubrange(place..<place + count)
                    return bytes(bits + [UInt8](repeating: 1, count: count), order)
                }
                #expect(missing.bitSlips == 1, "\(place) \(count): \(missing.events)")
                #expect(missing.lostBytes + missing.repeatedBytes + missing.insertedBytes + missing.garbledBytes == 0)
                #expect(missing.events.contains { $0.kind == .bitSlip && $0.count == count })
                #expect(missing.damagedBytes <= 1)

                let surplus = damage(order: order) { sent in
                    var bits = self.bits(sent, order)
                    bits.insert(contentsOf: bits[place..<place + count], at: place)
                    return bytes(Array(bits.prefix(8 * Self.transfer)), order)
                }
                #expect(surplus.events.contains { $0.kind == .bitSlip && $0.count == -count }, "\(surplus.events)")
                #expect(surplus.bitSlips == 1 && surplus.lostBytes + surplus.repeatedBytes == 0)
            }
        }
    }

    @Test("says of a bus that samples a bit late that it slips once a transfer")
    func wrongMode() {
        var aligner = StreamAligner(transfersOf: Self.pattern)
        for number in 0..<4 {
            let bits = [0] + bits(sent(number), .mostSignificantFirst).dropLast()
            aligner.beginTransfer(number * Self.transfer..<(number + 1) * Self.transfer)
            bytes(bits, .mostSignificantFirst).withUnsafeBytes { aligner.receive($0) }
            aligner.endTransfer()
        }
        #expect(aligner.damage.bitSlips == 4)
        #expect(aligner.damage.badBytes <= 8)
    }
}
