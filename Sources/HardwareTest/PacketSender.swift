import PeripheralIO
import RTOS

/// The sending half of a loopback test with packets: takes a block, frames a packet into it and sends it, for as long as
/// no more packets are out than the receiver has room for.
final class PacketSender<Encoder: FrameEncoder & Sendable>: Sendable {
    /// What has been sent so far.
    struct Sent: Sendable {
        var packets = 0
        var bytes = 0
        /// With the framing.
        var wireBytes = 0
        var highestMailboxCount = 0
        /// All that was to be sent is, or nothing more will be.
        var isOver = false
    }

    let transmitter: PacketTransmitter
    private let packets: NumberedPackets
    private let count: Int
    private let timeout: Timeout
    private let encoder: Encoder
    /// Packets that may still go out.
    private let allowance: Semaphore
    private let sent = Guarded(Sent())
    /// When the packets that are out were sent.
    private let times: Guarded<[MonotonicTime]>

    init(
        packets: NumberedPackets, count: Int, timeout: Timeout, encoder: Encoder, transmitter: PacketTransmitter,
        window: Int
    ) {
        self.packets = packets
        self.count = count
        self.timeout = timeout
        self.encoder = encoder
        self.transmitter = transmitter
        allowance = Semaphore(count: UInt32(window))
        times = Guarded(Array(repeating: .never, count: window))
    }

    /// Sends all, or until `stop`, a failure, or until nothing moves any more.
    func run() {
        let content = UnsafeMutableRawBufferPointer.allocate(byteCount: packets.longest, alignment: 8)
        defer { content.deallocate() }
        var number: UInt64 = 0
        while sent.withLock({ !$0.isOver && $0.bytes < count }), (try? allowance.take(timeout)) != nil {
            guard var block = takeBlock() else { break }
            let size = packets.fill(content, with: number)
            var encoder = encoder
            guard let frame = encoder.encode(UnsafeRawBufferPointer(rebasing: content[..<size]), into: block.memory)
            else { preconditionFailure("a block has room for the longest packet") }
            block.count = frame
            let highest = transmitter.mailbox.pool.count
            times.withLock { $0[Int(number) % $0.count] = .now }
            sent.withLock { sent in
                sent.packets += 1
                sent.bytes += size
                sent.wireBytes += frame
                sent.highestMailboxCount = max(sent.highestMailboxCount, highest)
            }
            guard (try? transmitter.send(block)) != nil else { break }
            number += 1
        }
        sent.withLock { $0.isOver = true }
    }

    /// A block to fill; nil once nothing more is to be sent, or if none comes back for too long.
    private func takeBlock() -> MemoryBlock? {
        let deadline = timeout.deadline()
        repeat {
            if let block = try? transmitter.mailbox.take(.milliseconds(50)) { return block }
        } while MonotonicTime.now < deadline && sent.withLock { !$0.isOver }
        return nil
    }

    /// Whether all that will ever be sent has passed.
    func isFinished(with expected: UInt64) -> Bool {
        sent.withLock { ($0.isOver || $0.bytes >= count) && $0.packets == expected }
    }

    func hasSent(_ number: UInt64) -> Bool {
        sent.withLock { number < $0.packets }
    }

    /// When a packet was sent that is still out.
    func timeSent(_ number: UInt64) -> MonotonicTime {
        times.withLock { $0[Int(number) % $0.count] }
    }

    /// So many more packets are no longer out.
    func allow(more packets: UInt64) {
        for _ in 0..<packets { try? allowance.give() }
    }

    /// Sends nothing more, and answers what was sent.
    func stop() -> Sent {
        sent.withLock { $0.isOver = true }
        allow(more: 1)
        return sent.withLock { $0 }
    }
}
