import RTOS
import Testing

/// 8 producers and 8 consumers for a while: 10 s, or 1 s with `HIL_FAST=1`.
@Suite("Under load, 8 producers and 8 consumers lose, repeat and reorder nothing")
struct LoadTests {
    @Test("message queue, with two priorities", arguments: [1, 7, 1024])
    func messageQueue(capacity: Int) {
        let queue = MessageQueue(capacity: capacity, messageSize: MemoryLayout<Numbered>.size)
        passUnderLoad { message in
            let timeout: Timeout = message.number % 3 == 0 ? .ticks(1) : .milliseconds(50)
            return (try? queue.put(message, priority: message.isUrgent ? 9 : 0, timeout: timeout)) != nil
        } receive: { timeout in
            try? queue.get(Numbered.self, timeout: timeout)
        }
        #expect((queue.count, queue.waiterCount(.takers), queue.waiterCount(.givers)) == (0, 0, 0))
    }

    @Test("post queues that share a pool of nodes")
    func postQueue() {
        let pool = MessagePool(count: 20)
        let queues = [PostQueue(size: 12, pool: pool), PostQueue(size: 12, pool: pool)]
        let turn = Tally()
        passUnderLoad { message in
            let pointer = UnsafeMutableRawPointer(bitPattern: message.producer + 1)
            // One producer's messages keep to one queue, or no order is promised.
            if (try? queues[message.producer % 2].post(pointer, size: message.number)) != nil { return true }
            yieldThread()
            return false
        } receive: { timeout in
            guard let message = try? queues[turn.next() % 2].pend(timeout) else { return nil }
            return Numbered(producer: Int(bitPattern: message.pointer) - 1, number: message.size)
        }
        #expect(pool.snapshot.usedCount == 0)
        #expect(queues.map(\.waiterCount) == [0, 0])
    }

    @Test("zero-copy mailbox, with two priorities", arguments: [2, 10, 64])
    func mailbox(capacity: Int) throws {
        let mailbox = try ZeroCopyMailbox(blockSize: MemoryLayout<Numbered>.size, capacity: capacity)
        passUnderLoad { message in
            guard var block = try? mailbox.take(.milliseconds(50)) else { return false }
            block.address.storeBytes(of: message, as: Numbered.self)
            block.count = MemoryLayout<Numbered>.size
            return (try? mailbox.send(block, priority: message.isUrgent ? 1 : 0)) != nil
        } receive: { timeout in
            guard let block = try? mailbox.receive(timeout) else { return nil }
            return block.address.load(as: Numbered.self)
        }
        #expect((mailbox.space, mailbox.count) == (capacity, 0))
        #expect((mailbox.waiterCount(.takers), mailbox.waiterCount(.givers)) == (0, 0))
    }
}

/// Who sent a message, and which of his it is, from 1 on.
private struct Numbered: BitwiseCopyable {
    var producer: Int
    var number: Int

    /// Every 64th goes before the others. Within each of the two kinds order is promised.
    var isUrgent: Bool { number % 64 == 0 }
    var lane: Int { producer * 2 + (isUrgent ? 1 : 0) }
}

/// Has 8 threads send numbered messages until the time is over, and 8 receive until all have come; checks that each came
/// once, and that each receiver saw what it had of a producer's in order.
///
/// - Parameters:
///   - send: false if the message could not be sent now.
///   - receive: nil if the time was over.
private func passUnderLoad(
    sourceLocation: SourceLocation = #_sourceLocation, send: @escaping @Sendable (Numbered) -> Bool,
    receive: @escaping @Sendable (Timeout) -> Numbered?
) {
    let end = MonotonicTime.now.advanced(byNanoseconds: isFast ? 1_000_000_000 : 10_000_000_000)
    let (sent, received, outOfOrder) = (Sums(), Sums(), Tally())
    let producing = Tally()
    producing.add(8)
    runThreads(16) { thread in
        if thread < 8 {
            var number = 0
            while MonotonicTime.now < end {
                let message = Numbered(producer: thread, number: number + 1)
                guard send(message) else { continue }
                number += 1
                sent.add(message)
            }
            producing.add(-1)
        } else {
            var last = [Int](repeating: 0, count: 16)
            // What was sent before the last producer ended is there now: only then does nothing mean the end.
            while true {
                let isOver = producing.value == 0
                guard let message = receive(.ticks(UInt32(1 + thread % 3))) else {
                    if isOver, received.count.value == sent.count.value { return }
                    continue
                }
                if message.number <= last[message.lane] { outOfOrder.add(1) }
                last[message.lane] = message.number
                received.add(message)
            }
        }
    }
    #expect(outOfOrder.value == 0, sourceLocation: sourceLocation)
    #expect(sent.count.value > 0, sourceLocation: sourceLocation)
    #expect(received.values == sent.values, sourceLocation: sourceLocation)
}

/// What a set of messages adds up to: that no two sets do by chance.
private struct Sums: Sendable {
    let count = Tally()
    private let sum = Tally()
    private let mixed = Tally()

    func add(_ message: Numbered) {
        var mixer = SeededSequence(seed: UInt64(message.producer) << 48 | UInt64(message.number))
        sum.add(message.number)
        mixed.add(Int(truncatingIfNeeded: mixer.next() >> 16))
        count.add(1)
    }

    var values: [Int] { [count.value, sum.value, mixed.value] }
}
