import RTOS

/// Packets behind one another on their way to the wire, each in a block of its own: a ring whose front is off the wire
/// and waits to be given back, and whose rest the device may still read.
///
/// Places are counted in bytes from where the chain last began. It knows nothing of threads.
struct PacketChain: ~Copyable, @unchecked Sendable {
    /// A packet, and where what comes in meanwhile goes.
    struct Packet: ~Copyable {
        var block: MemoryBlock
        /// As long as what is used of the block; nil drops what comes in.
        var received: MemoryBlock?
        /// The block's own: a look at an optional block from behind a pointer would end its life.
        let receivePlace: UnsafeMutableRawPointer?
        /// All of it has been on the wire.
        fileprivate(set) var isSent = false

        init(block: consuming MemoryBlock) {
            self.block = block
            received = nil
            receivePlace = nil
        }

        init(block: consuming MemoryBlock, received: consuming MemoryBlock) {
            self.block = block
            receivePlace = received.address
            self.received = consume received
        }

        /// Lets go of the block, and answers what came in.
        consuming func takeReceived() -> MemoryBlock? { received }
    }

    let capacity: Int
    private let packets: UnsafeMutablePointer<Packet>
    /// Where each packet ends.
    private let ends: UnsafeMutablePointer<Int>
    private var first = 0
    private var retiredCount = 0
    private var flyingCount = 0

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        packets = .allocate(capacity: capacity)
        ends = .allocate(capacity: capacity)
    }

    deinit {
        for number in 0..<(retiredCount + flyingCount) { (packets + slot(number)).deinitialize(count: 1) }
        packets.deallocate()
        ends.deallocate()
    }

    var hasRoom: Bool { retiredCount + flyingCount < capacity }
    /// Packets are off the wire and not yet given back.
    var hasRetired: Bool { retiredCount > 0 }
    /// No packet is on its way.
    var isIdle: Bool { flyingCount == 0 }

    /// Where the last packet ends; 0 if none is on its way.
    var end: Int { flyingCount == 0 ? 0 : ends[slot(retiredCount + flyingCount - 1)] }
    /// Where the packet ends that leaves next.
    var firstEnd: Int? { flyingCount == 0 ? nil : ends[slot(retiredCount)] }

    private func slot(_ number: Int) -> Int {
        let place = first + number
        return place < capacity ? place : place - capacity
    }

    /// Puts a packet, which holds something, behind the others. There must be room.
    mutating func append(_ packet: consuming Packet) {
        precondition(hasRoom && packet.block.count > 0)
        let end = end + packet.block.count
        let place = slot(retiredCount + flyingCount)
        (packets + place).initialize(to: packet)
        ends[place] = end
        flyingCount += 1
    }

    /// The rest, from `offset` on, of the packet that this place lies in.
    func segment(from offset: Int) -> Segment? {
        var start = 0
        for number in retiredCount..<(retiredCount + flyingCount) {
            let place = slot(number)
            let count = packets[place].block.count
            start = ends[place] - count
            if offset < ends[place] {
                let whole = Segment(
                    transmit: packets[place].block.address, receive: packets[place].receivePlace, count: count,
                    isInPlace: true)
                return whole.dropFirst(offset - start)
            }
        }
        return nil
    }

    /// Everything in front of `place` is off the wire, or given up. Answers how many packets are because of that.
    mutating func retire(upTo place: Int, asSent isSent: Bool) -> Int {
        var count = 0
        while let end = firstEnd, end <= place {
            packets[slot(retiredCount)].isSent = isSent
            retiredCount += 1
            flyingCount -= 1
            count += 1
        }
        return count
    }

    /// The packet that has been off the wire for longest.
    mutating func popRetired() -> Packet? {
        guard retiredCount > 0 else { return nil }
        let packet = (packets + first).move()
        first = slot(1)
        retiredCount -= 1
        return packet
    }
}
