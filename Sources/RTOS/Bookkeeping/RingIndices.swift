/// Where the next byte of a ring goes in and where the next comes out: index arithmetic that knows nothing of storage
/// or of waiting.
///
/// Both counters run on without wrapping, so that full and empty need no flag and every one of the `capacity` places
/// is used.
public struct RingIndices: Hashable, Sendable {
    /// Places in the ring.
    public let capacity: Int
    private var written: UInt64 = 0
    private var taken: UInt64 = 0

    /// A ring of no places is always both empty and full.
    public init(capacity: Int) {
        precondition(capacity >= 0)
        self.capacity = capacity
    }

    public var count: Int { Int(written &- taken) }
    public var space: Int { capacity - count }
    public var isEmpty: Bool { written == taken }

    /// The places that can be written without wrapping round.
    public var writable: Range<Int> {
        let start = place(written)
        return start..<start + min(space, capacity - start)
    }

    /// The places that can be read without wrapping round.
    public var readable: Range<Int> {
        let start = place(taken)
        return start..<start + min(count, capacity - start)
    }

    private func place(_ counter: UInt64) -> Int {
        capacity == 0 ? 0 : Int(counter % UInt64(capacity))
    }

    /// The first `count` of the writable places now hold data.
    public mutating func wrote(_ count: Int) {
        precondition(count >= 0 && count <= space)
        written &+= UInt64(count)
    }

    /// The first `count` of the readable places are free again.
    public mutating func took(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        taken &+= UInt64(count)
    }
}
