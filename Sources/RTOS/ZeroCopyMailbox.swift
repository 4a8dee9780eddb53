/// A memory pool and a queue of its blocks as one: CMSIS-RTOS2's "zero copy mailbox".
///
/// The sender takes a block, fills it and sends it; the receiver owns it then, and gives it back by letting go of it.
/// Only the address moves. Sending consumes the block: touching sent data does not compile.
///
///     let mailbox = try ZeroCopyMailbox(blockSize: 8, capacity: 16)
///     var block = try mailbox.take()
///     block.memory[0] = 0xAA
///     block.count = 8
///     try mailbox.send(block)
///     let received = try mailbox.receive()
///
/// The queue has room for every block there is, so sending never waits and never fails for want of room; interrupts may
/// do it. Any number of threads may use both ends. It holds `capacity` blocks in all: those being filled, those on
/// their way and those being read.
public final class ZeroCopyMailbox: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// No block is free, or none has been sent, and the caller did not want to wait.
        case wouldBlock
        case timedOut
        /// Somebody ended the wait.
        case aborted
        case deleted
        /// An interrupt cannot wait.
        case inInterrupt
        case schedulerLocked
    }

    /// What goes through the queue. The mailbox owns the block meanwhile.
    private struct Message: BitwiseCopyable {
        var address: UnsafeMutableRawPointer
        var count: Int
    }

    public let pool: MemoryPool
    private let queue: MessageQueue

    /// - Parameters:
    ///   - blockSize: bytes in a block, rounded up to a multiple of `alignment`.
    ///   - capacity: blocks in all, at most `MessageQueue.largestCapacity`.
    public init(
        name: String = "", blockSize: Int, capacity: Int, alignment: Int = 8, storage: MemoryPool.Storage = .heap
    ) throws(MemoryPool.CreationFailure) {
        guard capacity <= MessageQueue.largestCapacity else { throw .badSize }
        pool = try MemoryPool(
            name: name, blockSize: blockSize, capacity: capacity, alignment: alignment, storage: storage)
        queue = MessageQueue(name: name, capacity: capacity, messageSize: MemoryLayout<Message>.size)
    }

    deinit {
        // What was sent and not received goes back, so that the memory can be freed.
        while let block = try? receive(.now) { block.giveBack() }
    }

    public var name: String { pool.name }
    /// Blocks in all.
    public var capacity: Int { pool.capacity }
    /// Bytes in a block.
    public var blockSize: Int { pool.blockSize }
    /// Blocks that are sent and not yet received.
    public var count: Int { queue.count }
    /// Blocks that are free to take.
    public var space: Int { pool.space }

    /// Takes a free block; blocks until there is one, at most for `timeout`. In an interrupt only with `now`.
    public func take(_ timeout: Timeout = .forever) throws(Failure) -> MemoryBlock {
        do throws(MemoryPool.Failure) {
            return try pool.take(timeout)
        } catch {
            throw Failure(error)
        }
    }

    /// Sends a block of this mailbox, with the `count` that says how much of it is used. Never blocks. A higher priority
    /// goes first. If the mailbox was deleted the block goes back to the pool.
    public func send(_ block: consuming MemoryBlock, priority: UInt8 = 0) throws(Failure) {
        precondition(pool.owns(block), "a block of another pool")
        let count = block.count
        let message = Message(address: block.release(), count: count)
        do throws(MessageQueue.Failure) {
            try queue.put(message, priority: priority, timeout: .now)
        } catch {
            // There is room for every block, so it can only be gone.
            pool.adopt(message.address)?.giveBack()
            throw Failure(error)
        }
    }

    /// Receives the block whose turn it is; blocks until there is one, at most for `timeout`. In an interrupt only with
    /// `now`. The block goes back when the caller lets go of it.
    public func receive(_ timeout: Timeout = .forever) throws(Failure) -> MemoryBlock {
        let message: Message
        do throws(MessageQueue.Failure) {
            message = try queue.get(Message.self, timeout: timeout)
        } catch {
            throw Failure(error)
        }
        return pool.owned(message.address, count: message.count)
    }

    /// How many tasks wait: `takers` to receive, `givers` for a free block.
    public func waiterCount(_ side: WaitSide) -> Int {
        side == .takers ? queue.waiterCount(.takers) : pool.waiterCount
    }

    /// Ends every wait with `deleted`, now and from now on. Blocks that are out stay good. Answers how many waited.
    @discardableResult
    public func delete() -> Int {
        while let block = try? receive(.now) { block.giveBack() }
        return queue.delete() + pool.delete()
    }
}

extension ZeroCopyMailbox.Failure {
    init(_ failure: MemoryPool.Failure) {
        switch failure {
        case .wouldBlock: self = .wouldBlock
        case .timedOut: self = .timedOut
        case .aborted: self = .aborted
        case .inInterrupt: self = .inInterrupt
        case .schedulerLocked: self = .schedulerLocked
        case .deleted, .foreign, .misaligned, .alreadyFree: self = .deleted
        }
    }

    init(_ failure: MessageQueue.Failure) {
        switch failure {
        case .wouldBlock: self = .wouldBlock
        case .timedOut: self = .timedOut
        case .aborted: self = .aborted
        case .deleted: self = .deleted
        case .inInterrupt: self = .inInterrupt
        case .schedulerLocked: self = .schedulerLocked
        }
    }
}
