import HardwareTest
import Testing

/// A stream that a line has done something to, and what it did.
private struct Edited {
    static let pattern = Pattern.random(seed: 11)

    var bytes: [UInt8]

    init(_ count: Int, of pattern: Pattern = pattern) {
        bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { pattern.fill($0, from: 0) }
    }

    mutating func flip(_ place: Int, _ mask: UInt8) { bytes[place] ^= mask }
    mutating func lose(_ place: Int, _ count: Int) { bytes.removeSubrange(place..<place + count) }
    mutating func `repeat`(_ place: Int, _ count: Int) {
        bytes.insert(contentsOf: bytes[place..<place + count], at: place + count)
    }
    mutating func insert(_ place: Int, _ new: [UInt8]) { bytes.insert(contentsOf: new, at: place) }

    /// What an aligner makes of it when it comes in pieces of `piece` bytes.
    func damage(sent: Int, of pattern: Pattern = pattern, piece: Int = .max) -> StreamDamage {
        var aligner = StreamAligner(pattern, count: sent)
        var rest = bytes[...]
        while !rest.isEmpty {
            Array(rest.prefix(piece)).withUnsafeBytes { aligner.receive($0) }
            rest = rest.dropFirst(piece)
        }
        aligner.finish()
        return aligner.damage
    }
}

@Suite("Stream aligner")
struct StreamAlignerTests {
    @Test("tells a bit error, a lost byte, a repeated byte and an inserted byte apart, and says where they are")
    func kinds() {
        var stream = Edited(400)
        stream.insert(300, [0x00, 0xFF])
        stream.repeat(200, 1)
        stream.lose(100, 3)
        stream.flip(50, 0x81)
        let damage = stream.damage(sent: 400)
        #expect(
            damage.events == [
                .init(.bitError, at: 50, count: 2), .init(.lost, at: 100, count: 3),
                .init(.repeated, at: 200, count: 1), .init(.inserted, at: 300, count: 2),
            ])
        #expect(damage.bitErrors == 2 && damage.damagedBytes == 1)
        #expect(damage.lostBytes == 3 && damage.repeatedBytes == 1 && damage.insertedBytes == 2)
        #expect(damage.badBytes == 7)
    }

    @Test("finds nothing in a stream as it was sent, in pieces of any size", arguments: [1, 2, 31, 32, 33, 1000])
    func clean(piece: Int) {
        for count in [0, 1, 2, 31, 32, 33, 500] {
            #expect(Edited(count).damage(sent: count, piece: piece).isClean)
        }
    }

    private static let length = 96

    /// The ends of the stream, of the stretch that is looked at, and the middle.
    private static let telling: Set<Int> = [0, 1, 31, 32, 33, 48, 63, 64, 65, 94, 95, 96]

    @Test("finds every bit error in every byte")
    func everyBitError() {
        for place in 0..<Self.length {
            let masks: [UInt8] = Self.telling.contains(place) ? Array(1...255) : (0..<8).map { 1 << $0 } + [0xFF, 0xA5]
            for mask in masks {
                var stream = Edited(Self.length)
                stream.flip(place, mask)
                let damage = stream.damage(sent: Self.length)
                #expect(
                    damage.events == [.init(.bitError, at: place, count: mask.nonzeroBitCount)],
                    "\(place) \(mask)")
                #expect(damage.zerosReadAsOne + damage.onesReadAsZero == damage.bitErrors)
                #expect(damage.errorsByBit.enumerated().allSatisfy { $0.element == Int(mask >> UInt8($0.offset) & 1) })
            }
        }
    }

    @Test("finds every loss of up to 16 bytes at every place", arguments: 1...16)
    func everyLoss(count: Int) {
        for place in 0...Self.length - count {
            var stream = Edited(Self.length)
            stream.lose(place, count)
            let damage = stream.damage(sent: Self.length)
            #expect(damage.lostBytes == count && damage.badBytes == count, "\(place): \(damage.events)")
            // The same bytes again behind the gap: then the gap cannot be told from one farther on.
            let same = Self.sameBytes(place, count)
            #expect(damage.events == [.init(.lost, at: place + same, count: count)])
        }
    }

    /// How many bytes behind a gap are the same as those in it.
    private static func sameBytes(_ place: Int, _ count: Int) -> Int {
        let bytes = Edited(length).bytes
        var same = 0
        while place + count + same < length, bytes[place + same] == bytes[place + count + same] { same += 1 }
        return same
    }

    @Test("finds every repetition of up to 16 bytes at every place", arguments: 1...16)
    func everyRepetition(count: Int) {
        for place in 0...Self.length - count {
            var stream = Edited(Self.length)
            stream.repeat(place, count)
            let damage = stream.damage(sent: Self.length)
            #expect(damage.repeatedBytes == count && damage.badBytes == count, "\(place): \(damage.events)")
            #expect(damage.events.count == 1)
        }
    }

    @Test("finds every inserted byte at every place, and takes one that is like its neighbour for a repetition")
    func everyInsertion() {
        for place in 0...Self.length {
            for byte in Self.telling.contains(place) ? Array(0...255) : Array(stride(from: 0, to: 256, by: 13)) {
                var stream = Edited(Self.length)
                stream.insert(place, [UInt8(byte)])
                let damage = stream.damage(sent: Self.length)
                #expect(damage.insertedBytes + damage.repeatedBytes == 1, "\(place) \(byte): \(damage.events)")
                #expect(damage.badBytes == 1, "\(place) \(byte): \(damage.events)")
            }
        }
    }

    @Test("finds two faults that are not too near each other", arguments: [24, 32, 40, 100])
    func pairs(distance: Int) {
        let edits: [(name: String, apply: (inout Edited, Int) -> Void)] = [
            ("flip", { $0.flip($1, 0x10) }), ("lose", { $0.lose($1, 2) }), ("repeat", { $0.repeat($1, 3) }),
            ("insert", { $0.insert($1, [0xA5, 0x5A]) }),
        ]
        for first in edits {
            for second in edits {
                for place in 20..<60 {
                    var stream = Edited(400)
                    second.apply(&stream, place + distance)
                    first.apply(&stream, place)
                    let damage = stream.damage(sent: 400)
                    #expect(damage.eventCount == 2, "\(first.name) \(second.name) \(place): \(damage.events)")
                    let names = [first.name, second.name]
                    #expect(damage.damagedBytes == names.count { $0 == "flip" })
                    #expect(damage.lostBytes == 2 * names.count { $0 == "lose" })
                    #expect(damage.repeatedBytes == 3 * names.count { $0 == "repeat" })
                    #expect(damage.insertedBytes == 2 * names.count { $0 == "insert" })
                }
            }
        }
    }

    @Test("finds a gap of any length, and garbage of any length")
    func far() {
        for count in [17, 100, 5000, 200_000] {
            var stream = Edited(1_000_000)
            stream.lose(3000, count)
            let damage = stream.damage(sent: 1_000_000)
            #expect(damage.events == [.init(.lost, at: 3000, count: count)], "\(count)")
        }
        for count in [40, 500, 5000] {
            var stream = Edited(20_000)
            for place in 0..<count { stream.bytes[1000 + place] = UInt8(truncatingIfNeeded: place &* 89 >> 3) }
            let damage = stream.damage(sent: 20_000)
            #expect(damage.lostBytes == 0 && damage.repeatedBytes == 0 && damage.insertedBytes == 0)
            #expect(abs(damage.garbledBytes + damage.damagedBytes - count) < count / 2)
        }
    }

    @Test("makes the same of a stream however it is cut")
    func cuts() {
        var stream = Edited(700)
        stream.insert(600, [1, 2, 3, 4, 5])
        stream.repeat(400, 12)
        stream.lose(300, 40)
        stream.lose(120, 1)
        stream.flip(100, 0x40)
        let whole = stream.damage(sent: 700)
        for piece in 1...100 { #expect(stream.damage(sent: 700, piece: piece) == whole) }
    }

    @Test("accounts for every byte of what came and of what was sent, whatever came")
    func accounts() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var stream = Edited(600)
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                let place = Int.random(in: 0..<stream.bytes.count - 20, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: stream.flip(place, UInt8.random(in: 1...255, using: &generator))
                case 1: stream.lose(place, Int.random(in: 1...20, using: &generator))
                case 2: stream.repeat(place, Int.random(in: 1...20, using: &generator))
                case 3: stream.insert(place, (0..<9).map { _ in .random(in: 0...255, using: &generator) })
                default: for other in place..<place + 15 { stream.flip(other, .random(in: 0...255, using: &generator)) }
                }
            }
            let damage = stream.damage(sent: 600)
            let extra = damage.repeatedBytes + damage.insertedBytes
            #expect(stream.bytes.count - extra == 600 - damage.lostBytes, "\(stream.bytes)")
        }
    }

    @Test(
        "finds single faults in patterns that repeat themselves",
        arguments: [Pattern.counter, .prbs(.prbs7), .prbs(.prbs31), .walkingOnes, .walkingZeros])
    func periodic(pattern: Pattern) {
        for place in 40..<140 {
            var lost = Edited(300, of: pattern)
            lost.lose(place, 1)
            let loss = lost.damage(sent: 300, of: pattern)
            #expect(loss.lostBytes == 1 && loss.badBytes == 1)
            var repeated = Edited(300, of: pattern)
            repeated.repeat(place, 1)
            let repetition = repeated.damage(sent: 300, of: pattern)
            #expect(repetition.repeatedBytes == 1 && repetition.badBytes == 1)
            var flipped = Edited(300, of: pattern)
            flipped.flip(place, 0x20)
            #expect(flipped.damage(sent: 300, of: pattern).events == [.init(.bitError, at: place, count: 1)])
        }
    }

    @Test("says that what came behind the end was too much, and what is missing there lost")
    func ends() {
        var repeated = Edited(50)
        repeated.repeat(47, 3)
        #expect(repeated.damage(sent: 50).events == [.init(.repeated, at: 47, count: 3)])
        var short = Edited(50)
        short.lose(30, 20)
        #expect(short.damage(sent: 50).events == [.init(.lost, at: 30, count: 20)])
        #expect(Edited(0).damage(sent: 50).events == [.init(.lost, at: 0, count: 50)])
        var long = Edited(50)
        long.bytes += [UInt8](repeating: 0xA5, count: 100)
        #expect(long.damage(sent: 50).insertedBytes == 100)
    }
}
