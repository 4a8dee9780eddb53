/// A pool of memory blocks of one size, made once: CMSIS-RTOS2's memory pool, µC/OS-III's memory partition.
///
/// Taking a block and giving it back take no lock and make no system call unless somebody waits, so interrupts may do
/// both. The first pass hands out ascending blocks; from then on the one that came back last is taken first. A block
/// that comes back while tasks wait goes to the first of them directly.
///
/// Choose a `ZeroCopyMailbox` to pass the blocks on: it is a pool with its queue.
public final class MemoryPool: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// No block is free, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        /// Somebody ended the wait.
        case aborted
        case deleted
        /// An interrupt cannot wait.
        case inInterrupt
        case schedulerLocked
        /// The address is in no block of this pool.
        case foreign
        /// The address is inside a block, but not at its start.
        case misaligned
        /// The block is free already.
        case alreadyFree
    }

    public let name: String
    private let reference: CoreReference

    private struct CoreReference: @unchecked Sendable {
        let core: UnsafeMutablePointer<PoolCore>
    }

    @inline(__always)
    private var core: UnsafeMutablePointer<PoolCore> { reference.core }

    /// - Parameters:
    ///   - blockSize: bytes in a block, rounded up to a multiple of `alignment`.
    ///   - capacity: blocks in the pool.
    ///   - alignment: a power of two up to 4096: of the blocks, and of the caller's memory.
    public init(
        name: String = "", blockSize: Int, capacity: Int, alignment: Int = 4, storage: Storage = .heap
    ) throws(CreationFailure) {
        precondition(alignment > 0 && alignment <= 4096 && alignment & (alignment - 1) == 0)
        guard blockSize > 0, capacity > 0, capacity <= BlockLedger.largestCapacity else { throw .badSize }
        let (padded, overflow) = blockSize.addingReportingOverflow(alignment - 1)
        let stride = padded & ~(alignment - 1)
        let (size, tooLarge) = stride.multipliedReportingOverflow(by: capacity)
        guard !overflow, !tooLarge else { throw .badSize }
        let memory = try BlockMemory(storage, size: size, alignment: alignment)
        let ledger = BlockLedger(base: memory.base, blockSize: stride, capacity: capacity)
        self.name = name
        reference = CoreReference(core: .allocate(capacity: 1))
        reference.core.initialize(to: PoolCore(memory: memory, ledger: ledger))
    }

    deinit {
        core.abandon()
    }

    /// Blocks in the pool.
    public var capacity: Int { core.pointee.ledger.capacity }
    /// Bytes in a block.
    public var blockSize: Int { core.pointee.ledger.blockSize }
    /// Blocks that are taken.
    public var count: Int { core.pointee.ledger.count }
    /// Blocks that are free.
    public var space: Int { core.pointee.ledger.space }
    /// Where the block is that is taken next; nil if none is free.
    public var nextAddress: UnsafeMutableRawPointer? { core.pointee.ledger.next }
    /// How many tasks wait for a block.
    public var waiterCount: Int { core.pointee.object.perform { _, waiters in waiters.count(.takers) } }

    /// Takes a block; blocks until there is one, at most for `timeout`. In an interrupt only with `now`.
    @inline(__always)
    public func take(_ timeout: Timeout = .forever) throws(Failure) -> MemoryBlock {
        MemoryBlock(core: core, address: try takeAddress(timeout))
    }

    /// Takes a block if one is free. Never blocks; for interrupts.
    public func takeIfFree() -> MemoryBlock? {
        let task = Kernel.enter()
        defer { Kernel.leave(task) }
        guard let address = core.pointee.ledger.take() else { return nil }
        return MemoryBlock(core: core, address: address)
    }

    /// Takes a block as an address, for the C interfaces. It is the caller's to give back.
    public func takeAddress(_ timeout: Timeout = .forever) throws(Failure) -> UnsafeMutableRawPointer {
        let task = Kernel.enter()
        guard let address = core.pointee.ledger.take() else { return try core.wait(timeout) }
        Kernel.leave(task)
        return address
    }

    /// Gives back a block that was taken as an address. Every mistake is noticed, and then nothing is changed. Never
    /// blocks; any thread, interrupts too.
    public func giveBack(_ address: UnsafeMutableRawPointer) throws(Failure) {
        let task = Kernel.enter()
        let outcome = core.pointee.ledger.giveBack(address)
        if outcome == .wanted { core.handOn(address) }
        Kernel.leave(task)
        switch outcome {
        case .accepted, .wanted: return
        case .foreign: throw .foreign
        case .misaligned: throw .misaligned
        case .alreadyFree: throw .alreadyFree
        }
    }

    /// Makes the caller the owner of a block that was taken as an address; nil if this is no such block.
    public func adopt(_ address: UnsafeMutableRawPointer) -> MemoryBlock? {
        core.pointee.ledger.isTaken(address) ? MemoryBlock(core: core, address: address) : nil
    }

    /// The owner of a block that the caller knows to be taken and owned by nobody else.
    @inline(__always)
    func owned(_ address: UnsafeMutableRawPointer, count: Int) -> MemoryBlock {
        var block = MemoryBlock(core: core, address: address)
        block.count = count
        return block
    }

    /// Whether the block is one of this pool.
    public func owns(_ block: borrowing MemoryBlock) -> Bool { block.core == core }

    /// Ends every wait with `deleted`, now and from now on, and takes no part in anything any more. Answers how many
    /// waited. Blocks that are out stay good until they are given back.
    @discardableResult
    public func delete() -> Int { core.close() }

    /// An owned block is given back.
    @inline(__always)
    static func giveBackOwned(_ address: UnsafeMutableRawPointer, to core: UnsafeMutablePointer<PoolCore>) {
        let task = Kernel.enter()
        switch core.pointee.ledger.giveBackOwned(address) {
        case .accepted: Kernel.leave(task)
        case .wanted: core.handOn(address)
        case .foreign, .misaligned, .alreadyFree:
            preconditionFailure("a block was given back by its address while somebody still owned it")
        }
    }
}

extension MemoryPool.Failure {
    init(_ ending: WaitEnding) {
        switch ending {
        case .wouldBlock: self = .wouldBlock
        case .timedOut: self = .timedOut
        case .aborted: self = .aborted
        case .deleted: self = .deleted
        case .inInterrupt: self = .inInterrupt
        case .schedulerLocked: self = .schedulerLocked
        case .granted: preconditionFailure("a wait that was granted is no failure")
        }
    }
}
