import RTOS
import Testing

/// A ring with arrays at both ends.
private final class Ring: Sendable {
    let ring: StreamRing

    init(capacity: Int, lengthWidth: Int = 0) {
        ring = StreamRing(capacity: capacity, lengthWidth: lengthWidth)
    }

    var count: Int { ring.count }
    var space: Int { ring.space }
    var nextLength: Int? { ring.nextLength }

    func send(_ message: [UInt8]) -> Bool {
        message.withUnsafeBytes { ring.send($0) }
    }

    func receive(room: Int = 2000) -> [UInt8]? {
        withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
            guard case .received(let count) = ring.receive(into: buffer) else { return nil }
            return Array(buffer[..<count])
        }
    }

    func write(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { ring.write($0) }
    }

    func read(_ count: Int) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: max(count, 1), alignment: 1) { buffer in
            Array(buffer[..<ring.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))])
        }
    }
}

@Suite("Stream ring")
struct StreamRingTests {
    @Test("10 bytes take 14 with a length of 4 bytes, and 18 with one of 8", arguments: [1, 2, 4, 8])
    func prefix(width: Int) {
        let ring = Ring(capacity: 100, lengthWidth: width)
        #expect(ring.send([UInt8](repeating: 1, count: 10)))
        #expect((ring.count, ring.space) == (10 + width, 90 - width))
        #expect(ring.nextLength == 10)
        #expect(ring.receive()?.count == 10)
        #expect((ring.count, ring.space) == (0, 100))
        #expect(ring.nextLength == nil)
    }

    @Test("a message longer than the buffer stays")
    func tooLong() {
        let ring = Ring(capacity: 64, lengthWidth: 4)
        #expect(ring.send([1, 2, 3]))
        withUnsafeTemporaryAllocation(byteCount: 2, alignment: 1) { buffer in
            #expect(ring.ring.receive(into: buffer) == .tooLong(3))
        }
        #expect(ring.receive() == [1, 2, 3])
    }

    @Test("whatever the counted space admits has room in memory", arguments: [1, 2, 4, 8], 1...24)
    func memory(width: Int, length: Int) {
        let ring = Ring(capacity: 997, lengthWidth: width)
        for round in 0..<3 {
            let messages = (0..<997 / (width + length)).map { [UInt8](repeating: UInt8($0 & 255), count: length) }
            for message in messages { #expect(ring.send(message)) }
            #expect(!ring.send([UInt8](repeating: 0, count: length)), "round \(round)")
            for message in messages { #expect(ring.receive() == message) }
        }
    }

    @Test("wraps round at every offset", arguments: [0, 4])
    func wrapping(width: Int) {
        let ring = Ring(capacity: 64, lengthWidth: width)
        for offset in 0..<300 {
            for length in [1, 7, 20, 60] {
                let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 + offset) }
                if width > 0 {
                    #expect(ring.send(bytes))
                    #expect(ring.receive() == bytes)
                } else {
                    #expect(ring.write(bytes) == length)
                    #expect(ring.read(length) == bytes)
                }
            }
        }
    }

    @Test("a stream behaves as an array of bytes does", arguments: 0..<2000 as Range<UInt64>)
    func streamModel(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let capacity = Int.random(in: 1...70, using: &random)
        let ring = Ring(capacity: capacity)
        var model: [UInt8] = []
        for _ in 0..<200 {
            let bytes = random.bytes(Int.random(in: 0...80, using: &random))
            if Bool.random(using: &random) {
                let count = min(bytes.count, capacity - model.count)
                #expect(ring.write(bytes) == count)
                model += bytes[..<count]
            } else {
                #expect(ring.read(bytes.count) == Array(model.prefix(bytes.count)))
                model.removeFirst(min(bytes.count, model.count))
            }
            #expect((ring.count, ring.space) == (model.count, capacity - model.count))
        }
    }

    @Test("messages behave as an array of arrays does", arguments: 0..<2000 as Range<UInt64>)
    func messageModel(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let capacity = Int.random(in: 10...200, using: &random)
        let width = random.one(of: [1, 2, 4, 8])
        let ring = Ring(capacity: capacity, lengthWidth: width)
        var model: [[UInt8]] = []
        func used() -> Int { model.map { $0.count + width }.reduce(0, +) }
        for _ in 0..<200 {
            if Bool.random(using: &random) {
                let message = random.bytes(random.one(of: [1, 4, 5, 10, 20, 123]))
                let fits = used() + message.count + width <= capacity
                #expect(ring.send(message) == fits)
                if fits { model.append(message) }
            } else {
                #expect(ring.nextLength == model.first?.count)
                #expect(ring.receive() == model.first)
                if !model.isEmpty { model.removeFirst() }
            }
            #expect((ring.count, ring.space) == (used(), capacity - used()))
        }
        ring.ring.reset()
        #expect((ring.count, ring.space) == (0, capacity))
    }

    @Test("a writer and a reader lose and change nothing", arguments: [0, 4])
    func threads(width: Int) {
        final class Shared: Sendable {
            let ring: StreamRing
            init(width: Int) { ring = StreamRing(capacity: 500, lengthWidth: width) }
        }
        let shared = Shared(width: width)
        let wrong = Tally()
        let total = stressCount(2_000_000)
        runThreads(2) { thread in
            var random = SeededSequence(seed: 5)
            var done = 0
            var next: UInt8 = 0
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 200, alignment: 1)
            defer { buffer.deallocate() }
            while done < total {
                let length = min(Int.random(in: 1...150, using: &random), total - done)
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length])
                if thread == 0 {
                    for place in 0..<length { piece[place] = next &+ UInt8(truncatingIfNeeded: place) }
                    var sent = 0
                    while sent < length {
                        let rest = UnsafeRawBufferPointer(rebasing: piece[sent...])
                        let count = width > 0 ? (shared.ring.send(rest) ? length : 0) : shared.ring.write(rest)
                        sent += count
                        if count == 0 { yieldThread() }
                    }
                    next &+= UInt8(truncatingIfNeeded: length)
                    done += length
                } else {
                    var count = 0
                    if width == 0 {
                        count = shared.ring.read(into: buffer)
                    } else if case .received(let size) = shared.ring.receive(into: buffer) {
                        count = size
                        if size != length { wrong.add(1) }
                    }
                    while count == 0 {
                        yieldThread()
                        if width == 0 {
                            count = shared.ring.read(into: buffer)
                        } else if case .received(let size) = shared.ring.receive(into: buffer) {
                            count = size
                            if size != length { wrong.add(1) }
                        }
                    }
                    for place in 0..<count where buffer[place] != next &+ UInt8(truncatingIfNeeded: place) {
                        wrong.add(1)
                    }
                    next &+= UInt8(truncatingIfNeeded: count)
                    done += count
                }
            }
        }
        #expect(wrong.value == 0)
    }
}
