import Synchronization

/// What became of a block that somebody gave back by its address.
public enum BlockReturn: Hashable, Sendable {
    /// It is free again.
    case accepted
    /// It is still marked as taken, because somebody waits for one: the caller hands it on.
    case wanted
    /// The address is not in this memory.
    case foreign
    /// The address is inside a block, but not at its start.
    case misaligned
    /// The block is free already.
    case alreadyFree
}

/// Which blocks of a memory pool are free: µC/OS-III's `OS_MEM` and CMSIS-RTOS2's memory pool, without the waiting.
///
/// The free blocks form a stack. The first pass hands them out in ascending order; from then on the block given back
/// last is taken first, because it is the one still in the cache. The links are kept outside the blocks, so that a
/// block may be smaller than a pointer, and so that a wild write into a free block harms nobody else.
///
/// Any thread or interrupt may call any method at any time. Nothing here blocks: the head of the stack is one word
/// with a tag that changes at each step, and a thread that loses a race tries again.
public struct BlockLedger: ~Copyable, @unchecked Sendable {
    /// Half a word: of the head, the lower half says which block and the upper half is the tag; of a link, the lower
    /// half says which block comes next and the upper half how many are free from here on.
    private static var half: UInt { UInt(UInt.bitWidth / 2) }
    private static var lowerHalf: UInt { UInt.max &>> half }
    /// Set in the head while somebody waits for a block. Then no block is free.
    private static var waitingFlag: UInt { 1 &<< (half &- 1) }
    private static var noBlock: UInt { waitingFlag &- 1 }
    private static var taken: UInt { .max }
    private static var comingBack: UInt { .max &- 1 }

    /// The most blocks that a ledger can keep: 2³¹ − 2 on a 64-bit machine, 2¹⁵ − 2 on a 32-bit one.
    public static var largestCapacity: Int { Int(noBlock &- 1) }

    /// The first block.
    public let base: UnsafeMutableRawPointer
    /// Bytes from one block to the next.
    public let blockSize: Int
    /// Blocks in all.
    public let capacity: Int

    private let head: UnsafeMutablePointer<Atomic<UInt>>
    private let links: UnsafeMutablePointer<Atomic<UInt>>
    /// Divides an offset by the block size with a multiplication: one more than the largest word divided by it. 0 where
    /// that would not be exact.
    private let reciprocal: UInt

    /// All `capacity` blocks are free. The memory belongs to the caller and outlives the ledger.
    public init(base: UnsafeMutableRawPointer, blockSize: Int, capacity: Int) {
        precondition(capacity > 0 && capacity <= Self.largestCapacity && blockSize > 0)
        self.base = base
        self.blockSize = blockSize
        self.capacity = capacity
        // Exact as long as the error of the reciprocal, below the block size, times the largest offset is below a word.
        let isExact = blockSize > 1 && UInt(blockSize).multipliedFullWidth(by: UInt(blockSize * capacity)).high == 0
        reciprocal = isExact ? UInt.max / UInt(blockSize) &+ 1 : 0
        head = CacheLines.allocate()
        head.initialize(to: Atomic(0))
        links = .allocate(capacity: capacity)
        for index in 0..<capacity {
            let next = index + 1 < capacity ? UInt(index + 1) : Self.noBlock
            (links + index).initialize(to: Atomic(next | UInt(capacity - index) << Self.half))
        }
    }

    deinit {
        head.deinitialize(count: 1)
        UnsafeMutableRawPointer(head).deallocate()
        links.deinitialize(count: capacity).deallocate()
    }

    /// Free blocks. Exact at some moment during the call.
    public var space: Int {
        while true {
            let seen = head.pointee.load(ordering: .acquiring)
            let index = seen & Self.noBlock
            if index == Self.noBlock { return 0 }
            let link = links[Int(index)].load(ordering: .acquiring)
            if head.pointee.load(ordering: .acquiring) == seen { return Int(link >> Self.half) }
        }
    }

    /// The block that is taken next; nil if none is free.
    public var next: UnsafeMutableRawPointer? {
        let index = head.pointee.load(ordering: .acquiring) & Self.noBlock
        return index == Self.noBlock ? nil : base + Int(index) * blockSize
    }

    /// Blocks that are taken.
    public var count: Int { capacity - space }

    /// Takes a free block; nil if there is none.
    @inline(__always)
    public func take() -> UnsafeMutableRawPointer? {
        var seen = head.pointee.load(ordering: .acquiring)
        while true {
            let index = seen & Self.noBlock
            if index == Self.noBlock { return nil }
            let link = links[Int(index)].load(ordering: .relaxed)
            // If another thread took the block first, the link is no longer one. Then the tag has changed as well.
            let next = Self.tag(after: seen) | (link & Self.noBlock)
            let (exchanged, original) = head.pointee.weakCompareExchange(
                expected: seen, desired: next, successOrdering: .acquiring, failureOrdering: .acquiring)
            if exchanged {
                links[Int(index)].store(Self.taken, ordering: .relaxed)
                return base + Int(index) &* blockSize
            }
            seen = original
        }
    }

    /// Gives a block back that may not be one, or may be free: every mistake is noticed and changes nothing. Of
    /// several threads that give the same block back at the same moment, one succeeds.
    @inline(__always)
    public func giveBack(_ address: UnsafeRawPointer) -> BlockReturn {
        let index: Int
        switch place(of: address) {
        case .block(let place): index = place
        case .foreign: return .foreign
        case .misaligned: return .misaligned
        }
        let claimed = links[index].compareExchange(
            expected: Self.taken, desired: Self.comingBack, ordering: .relaxed
        ).exchanged
        return claimed ? push(index) : .alreadyFree
    }

    /// Gives a block back that its only owner holds, so that nobody else can give it back at the same moment. Saves
    /// one atomic step; a block that is already free is still noticed.
    @inline(__always)
    public func giveBackOwned(_ address: UnsafeMutableRawPointer) -> BlockReturn {
        let index = Int(index(ofOffset: UInt(bitPattern: address - base)))
        guard links[index].load(ordering: .relaxed) == Self.taken else { return .alreadyFree }
        return push(index)
    }

    /// Whether this is the start of a block that is taken.
    public func isTaken(_ address: UnsafeRawPointer) -> Bool {
        guard case .block(let index) = place(of: address) else { return false }
        return links[index].load(ordering: .relaxed) == Self.taken
    }

    /// Makes a block that was taken one that nobody can give back any more: for the end of a pool.
    public func retire(_ address: UnsafeMutableRawPointer) {
        links[(address - base) / blockSize].store(Self.comingBack, ordering: .relaxed)
    }

    /// Has every block that comes back answered with `wanted`. False, and nothing changes, if a block is free.
    public func beginWaiting() -> Bool {
        var seen = head.pointee.load(ordering: .acquiring)
        while seen & Self.noBlock == Self.noBlock {
            let (exchanged, original) = head.pointee.compareExchange(
                expected: seen, desired: Self.tag(after: seen) | Self.waitingFlag | Self.noBlock,
                ordering: .acquiringAndReleasing)
            if exchanged { return true }
            seen = original
        }
        return false
    }

    /// Nobody waits any longer.
    public func endWaiting() {
        head.pointee.bitwiseAnd(~Self.waitingFlag, ordering: .acquiringAndReleasing)
    }
}

extension BlockLedger {
    private enum Place {
        case block(Int)
        case foreign
        case misaligned
    }

    @inline(__always)
    private func index(ofOffset offset: UInt) -> UInt {
        reciprocal == 0 ? offset / UInt(blockSize) : offset.multipliedFullWidth(by: reciprocal).high
    }

    @inline(__always)
    private func place(of address: UnsafeRawPointer) -> Place {
        let offset = UInt(bitPattern: address) &- UInt(bitPattern: base)
        // An address below the base wraps round to a large offset.
        guard offset < UInt(blockSize) &* UInt(capacity) else { return .foreign }
        let index = index(ofOffset: offset)
        return index &* UInt(blockSize) == offset ? .block(Int(index)) : .misaligned
    }

    @inline(__always)
    private static func tag(after word: UInt) -> UInt {
        (word & ~lowerHalf) &+ (1 &<< half)
    }

    @inline(__always)
    private func push(_ index: Int) -> BlockReturn {
        var seen = head.pointee.load(ordering: .acquiring)
        while true {
            if seen & Self.waitingFlag != 0 {
                links[index].store(Self.taken, ordering: .relaxed)
                return .wanted
            }
            let next = seen & Self.noBlock
            let free = next == Self.noBlock ? 0 : links[Int(next)].load(ordering: .relaxed) &>> Self.half
            links[index].store(next | (free &+ 1) &<< Self.half, ordering: .relaxed)
            let (exchanged, original) = head.pointee.weakCompareExchange(
                expected: seen, desired: Self.tag(after: seen) | UInt(index),
                successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
            if exchanged { return .accepted }
            seen = original
        }
    }
}
