import RTOS
import Testing

@Suite("Ring indices")
struct RingIndicesTests {
    /// A ring whose places begin at `offset`, with `count` of them filled.
    private func ring(_ capacity: Int, offset: Int, count: Int) -> RingIndices {
        var ring = RingIndices(capacity: capacity)
        ring.wrote(offset)
        ring.took(offset)
        ring.wrote(min(count, ring.writable.count))
        ring.wrote(count - ring.count)
        return ring
    }

    @Test("say which places can be written and read without wrapping round")
    func wrapping() {
        var ring = RingIndices(capacity: 8)
        #expect(ring.writable == 0..<8)
        ring.wrote(6)
        #expect(ring.readable == 0..<6)
        #expect(ring.writable == 6..<8)
        ring.took(4)
        #expect(ring.writable == 6..<8)
        ring.wrote(2)
        #expect(ring.writable == 0..<4)
        #expect(ring.readable == 4..<8)
        ring.took(4)
        #expect(ring.readable.isEmpty && ring.isEmpty)
        #expect(ring.space == 8)
    }

    @Test("name the right places from every offset, however full", arguments: 1...9)
    func everyOffset(capacity: Int) {
        for offset in 0..<capacity {
            for count in 0...capacity {
                let ring = ring(capacity, offset: offset, count: count)
                #expect(ring.count == count && ring.space == capacity - count && ring.isEmpty == (count == 0))
                // Place by place: filled ones follow one another from the offset on, and the free ones from there.
                let filled = (0..<count).map { (offset + $0) % capacity }
                let free = (count..<capacity).map { (offset + $0) % capacity }
                #expect(Array(ring.readable) == upToTheEnd(filled))
                #expect(Array(ring.writable) == upToTheEnd(free))
            }
        }
    }

    /// The places before the first that is back at the beginning.
    private func upToTheEnd(_ places: [Int]) -> [Int] {
        var all: [Int] = []
        for place in places {
            if let last = all.last, place < last { break }
            all.append(place)
        }
        return all
    }

    @Test("A ring of no places is empty and full at once")
    func noPlaces() {
        var ring = RingIndices(capacity: 0)
        #expect(ring.isEmpty && ring.space == 0 && ring.count == 0)
        #expect(ring.writable.isEmpty && ring.readable.isEmpty)
        ring.wrote(0)
        ring.took(0)
        #expect(ring.isEmpty)
    }

    @Test("stop whoever writes more than there is room for, or takes more than there is")
    func limits() async {
        await #expect(processExitsWith: .failure) {
            var ring = RingIndices(capacity: 2)
            ring.wrote(3)
        }
        await #expect(processExitsWith: .failure) {
            var ring = RingIndices(capacity: 2)
            ring.wrote(1)
            ring.took(2)
        }
        await #expect(processExitsWith: .failure) {
            _ = RingIndices(capacity: -1)
        }
    }
}
