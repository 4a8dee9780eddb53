import RTOS

/// Turns what comes in at a peripheral into packets: the receive half of a UART packet driver, in its interrupt.
///
/// The completion thread takes a block from a pool when a packet begins, fills it, and posts its address, size and time
/// stamp when it ends. Where a read brings a packet from its first byte on, the kernel writes straight into the block.
/// What cannot be delivered — the pool or the queue is full, a packet is too long, the line damaged it — is counted and
/// skipped, and the next packet is received; the interrupt never waits, and half a packet is never delivered.
///
///     let receiver = try PacketReceiver(port, framing: COBSDecoder(), into: pool, queue: queue)
///     while let packet = try receiver.receive() { use(packet.block.bytes) }
///
/// On an SPI bus bytes come in only while a `PacketTransmitter` of the same peripheral sends; each packet that it sends
/// brings one block of the same length.
public final class PacketReceiver<Decoder: FrameDecoder & Sendable>: @unchecked Sendable {
    public let pool: MemoryPool
    /// What is posted: the address of a block of the pool, the packet's size, and when its last byte came.
    public let queue: PostQueue
    private let engine: TransferEngine
    private let counts = Guarded(PacketReceptionStatistics())
    /// Why nothing comes any more.
    private let ending = Guarded<PeripheralError?>(nil)

    // Only the completion thread's.
    private var assembler: PacketAssembler<Decoder>
    private var blocks: ReceiveBlocks
    private let staging: UnsafeMutableRawBufferPointer
    /// Where the bytes of the present read are, and how many of them have been looked at.
    private var places = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var looked = 0

    /// A block's rest that is shorter is not worth a read of its own.
    private static var shortestRead: Int { 64 }

    /// Starts receiving. The peripheral's reads answer `wrongMode` from now on, until `stop`.
    ///
    /// - Parameters:
    ///   - pool: a packet that is longer than its blocks is counted and skipped.
    ///   - queue: who pends on it owns the blocks: `receive`, or `pool.adopt` or `pool.giveBack` of a message's address.
    public init(
        _ peripheral: Peripheral, framing: Decoder, into pool: MemoryPool, queue: PostQueue
    ) throws(PeripheralError) {
        engine = peripheral.engine
        self.pool = pool
        self.queue = queue
        assembler = PacketAssembler(framing)
        blocks = ReceiveBlocks(pool: pool)
        staging = .allocate(byteCount: 4096, alignment: 64)
        try engine.startPacketReception(self)
    }

    deinit {
        staging.deallocate()
    }

    /// Goes back to polled reception. A packet that has begun is thrown away; those in the queue can still be received.
    /// Whoever waits in `receive` ends with `cancelled`. More than once does no harm.
    public func stop() throws(PeripheralError) {
        try engine.stopPacketReception()
        end(with: .cancelled)
    }

    public var statistics: PacketReceptionStatistics { counts.withLock { $0 } }

    /// A packet in the block that it was received into, which goes back when the value is let go.
    public struct Packet: ~Copyable, Sendable {
        public var block: MemoryBlock
        /// When its last byte came.
        public let receivedAt: MonotonicTime

        /// The block, to keep or to send on.
        public consuming func takeBlock() -> MemoryBlock { block }
    }

    /// Takes the packet whose turn it is; blocks until there is one, at most for `timeout`. nil if the time was over
    /// first, if somebody aborted the wait at the queue, or if this thread may not wait (an interrupt).
    ///
    /// - Throws: once all packets have been received, why there will be no more: the peripheral's end, or `cancelled`
    ///   after `stop` or if the queue was deleted.
    public func receive(_ timeout: Timeout = .forever) throws(PeripheralError) -> Packet? {
        let message: PostMessage?
        do throws(PostQueue.Failure) {
            message = try queue.pend(timeout, unless: { ending.withLock { $0 != nil } })
        } catch {
            if let reason = ending.withLock({ $0 }) { throw reason }
            if case .deleted = error { throw .cancelled }
            return nil
        }
        guard let message else { throw ending.withLock { $0 } ?? .cancelled }
        guard let address = message.pointer, var block = pool.adopt(address) else {
            preconditionFailure("somebody else posted to the queue of a packet receiver")
        }
        block.count = message.size
        return Packet(block: block, receivedAt: MonotonicTime(nanoseconds: message.timeStamp))
    }

    private func end(with reason: PeripheralError) {
        ending.withLock { $0 = $0 ?? reason }
        queue.abort(all: true)
    }

    private func look(upTo place: Int, _ time: MonotonicTime) {
        guard place > looked else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: places[looked..<place])
        looked = place
        assembler.take(bytes, at: time.nanoseconds, into: &blocks)
    }

    /// Nobody reads the bytes of the present read any more, so the blocks that they may lie in can go.
    private func deliver() {
        let faults = assembler.faults
        counts.withLock { counts in
            counts.uncopied = assembler.uncopied
            counts.highestBlockCount = max(counts.highestBlockCount, pool.count)
            counts.faults = faults
        }
        // One at a time, in the queue's own critical section: whoever has a packet finds it counted, and whoever looks
        // never finds one counted that the queue then refuses.
        blocks.forEachComplete { message in
            do throws(PostQueue.Failure) {
                try queue.post(message) {
                    counts.withLock { counts in
                        counts.packets += 1
                        counts.bytes += UInt64(message.size)
                    }
                }
                return true
            } catch {
                counts.withLock { $0.refused += 1 }
                return false
            }
        }
    }
}

extension PacketReceiver: PacketReception {
    func nextPlaces() -> UnsafeMutableRawBufferPointer {
        looked = 0
        if let rest = assembler.rest {
            places = rest.count >= Self.shortestRead ? rest : staging
        } else {
            places = blocks.spareMemory() ?? staging
        }
        return places
    }

    func damaged(at place: Int, time: MonotonicTime) {
        look(upTo: place, time)
        looked = place + 1
        assembler.takeLineError(at: time.nanoseconds, into: &blocks)
    }

    func received(_ count: Int, at time: MonotonicTime) {
        look(upTo: count, time)
        deliver()
    }

    var silenceDeadline: MonotonicTime {
        assembler.silenceDeadline.map(MonotonicTime.init(nanoseconds:)) ?? .never
    }

    func silent(until time: MonotonicTime) {
        assembler.takeSilence(until: time.nanoseconds, into: &blocks)
        deliver()
    }

    func ended(with error: PeripheralError) {
        end(with: error)
    }

    func blockForExchange(of count: Int) -> MemoryBlock? {
        if count <= pool.blockSize, let block = pool.takeIfFree() { return block }
        assembler.countLoss(count <= pool.blockSize ? .noBlock : .overlong)
        deliver()
        return nil
    }

    func exchanged(_ block: consuming MemoryBlock, at time: MonotonicTime) {
        places = UnsafeMutableRawBufferPointer(rebasing: block.memory[..<block.count])
        looked = 0
        blocks.replaceSpare(with: block)
        look(upTo: places.count, time)
        deliver()
    }
}

/// The blocks of a receiver: the one that bytes are read into, the one of the packet that has begun, and those that are
/// complete.
private struct ReceiveBlocks: PacketSink, ~Copyable {
    private let pool: MemoryPool
    /// Belongs to no packet. A packet that begins is put there, so that what was read there stays where it is.
    private var spare: MemoryBlock?
    /// The spare block's own: a look at an optional block inside a value ends its life (swiftc 6.3.1).
    private var spareArea: UnsafeMutableRawBufferPointer?
    private var begun: MemoryBlock?
    /// Complete packets, which may not go before the read that they came in has been looked at.
    private let complete: UnsafeMutablePointer<PostMessage>
    private var completeCount = 0

    init(pool: MemoryPool) {
        self.pool = pool
        complete = .allocate(capacity: pool.capacity)
    }

    deinit {
        for number in 0..<completeCount { pool.adopt(complete[number].pointer!)?.giveBack() }
        complete.deallocate()
    }

    /// The memory of a block that belongs to no packet; nil if the pool is empty.
    mutating func spareMemory() -> UnsafeMutableRawBufferPointer? {
        if spareArea == nil, let block = pool.takeIfFree() { replaceSpare(with: block) }
        return spareArea
    }

    mutating func replaceSpare(with block: consuming MemoryBlock) {
        spareArea = block.memory
        spare = consume block
    }

    mutating func openPacket() -> UnsafeMutableRawBufferPointer? {
        if let area = spareArea {
            begun = spare.take()
            spareArea = nil
            return area
        }
        guard let block = pool.takeIfFree() else { return nil }
        let area = block.memory
        begun = consume block
        return area
    }

    mutating func deliverPacket(count: Int, at time: UInt64) {
        guard let block = begun.take() else { return }
        complete[completeCount] = PostMessage(pointer: block.release(), size: count, timeStamp: time)
        completeCount += 1
    }

    mutating func discardPacket(_ fault: FrameFault) {
        guard let block = begun.take(), spareArea == nil else { return }
        replaceSpare(with: block)
    }

    /// The blocks of those that `body` does not take go back to the pool.
    mutating func forEachComplete(_ body: (PostMessage) -> Bool) {
        for number in 0..<completeCount where !body(complete[number]) {
            pool.adopt(complete[number].pointer!)?.giveBack()
        }
        completeCount = 0
    }
}
