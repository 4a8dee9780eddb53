import RTOS
import Testing
import VirtualHardware

extension ByteRing {
    fileprivate mutating func write(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { write($0) }
    }

    fileprivate mutating func read(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            done = read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}

@Suite("Byte ring")
struct ByteRingTests {
    @Test("Bytes come out in the order in which they went in")
    func order() {
        var ring = ByteRing(capacity: 4)
        #expect(ring.write([1, 2, 3]) == 3)
        #expect(ring.read(2) == [1, 2])
        #expect(ring.write([4, 5, 6, 7]) == 3)
        #expect(ring.space == 0)
        #expect(ring.write([8]) == 0)
        #expect(ring.read(10) == [3, 4, 5, 6])
        #expect(ring.read(1) == [])
    }

    @Test("wraps round at every offset, for every length", arguments: 1...9)
    func everyOffset(capacity: Int) {
        for offset in 0...capacity {
            for written in 0...capacity + 2 {
                for taken in 0...capacity + 2 {
                    var ring = ByteRing(capacity: capacity)
                    #expect(ring.write([UInt8](repeating: 0xEE, count: offset)) == offset)
                    #expect(ring.read(offset).count == offset)
                    let bytes = (0..<written).map { UInt8($0 + 1) }
                    let fitting = min(written, capacity)
                    #expect(ring.write(bytes) == fitting)
                    #expect(ring.count == fitting && ring.space == capacity - fitting)
                    #expect(ring.read(taken) == Array(bytes[..<min(taken, fitting)]))
                    #expect(ring.read(capacity) == Array(bytes[min(taken, fitting)..<fitting]))
                    #expect(ring.isEmpty == true)
                }
            }
        }
    }

    @Test("A ring of no places takes nothing and gives nothing")
    func noPlaces() {
        var ring = ByteRing(capacity: 0)
        #expect(ring.write([1]) == 0)
        #expect(ring.write([]) == 0)
        #expect(ring.read(3) == [])
        #expect(ring.writablePlaces.isEmpty && ring.readablePlaces.isEmpty)
        ring.removeAll()
        #expect(ring.isEmpty && ring.capacity == 0)
    }

    @Test("lends its places: a device writes into it and reads from it without a copy")
    func lending() {
        var ring = ByteRing(capacity: 4)
        _ = ring.write([9, 9, 9])
        _ = ring.read(3)
        ring.writablePlaces[0] = 1
        #expect(ring.writablePlaces.count == 1)
        ring.wrote(1)
        #expect(ring.writablePlaces.count == 3)
        ring.writablePlaces.copyBytes(from: [2, 3])
        ring.wrote(2)
        #expect(Array(ring.readablePlaces) == [1])
        ring.took(1)
        #expect(Array(ring.readablePlaces) == [2, 3])
        #expect(ring.read(2) == [2, 3])
    }

    @Test("forgets everything when asked to, and goes on from there")
    func removeAll() {
        var ring = ByteRing(capacity: 3)
        _ = ring.write([1, 2])
        ring.removeAll()
        #expect(ring.isEmpty && ring.space == 3)
        #expect(ring.write([3, 4, 5]) == 3)
        #expect(ring.read(3) == [3, 4, 5])
    }

    @Test("keeps every byte of a long stream, in pieces of any length", arguments: 0..<20 as Range<UInt64>)
    func stream(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ring = ByteRing(capacity: Int.random(in: 1...300, using: &generator))
        var (sent, arrived) = (0, 0)
        var isInOrder = true
        while arrived < 20_000 {
            let piece = (0..<Int.random(in: 0...400, using: &generator)).map { UInt8(truncatingIfNeeded: sent + $0) }
            sent += ring.write(piece)
            for byte in ring.read(Int.random(in: 0...400, using: &generator)) {
                isInOrder = isInOrder && byte == UInt8(truncatingIfNeeded: arrived)
                arrived += 1
            }
            isInOrder = isInOrder && ring.count == sent - arrived
        }
        #expect(isInOrder)
    }
}
