import PeripheralIO
import RTOS

/// The loopback test on a bus: what goes out on MOSI comes in on MISO at the same time.
struct SPILoopback {
    private let test: LoopbackTest
    private let port: Peripheral
    private let end: MonotonicTime
    private var check: StreamCheck
    private var timing = WriteTiming()

    init(_ test: LoopbackTest, _ port: Peripheral, until end: MonotonicTime) {
        self.test = test
        self.port = port
        self.end = end
        let order = port.address.spi.leastSignificantFirst ? BitOrder.leastSignificantFirst : .mostSignificantFirst
        check = StreamCheck(StreamAligner(transfersOf: test.pattern, order: order))
    }

    consuming func run() -> LoopbackOutcome {
        let block = test.blockSize(for: port)
        var sent = 0
        // While one pair of buffers is on the wire the other is checked and filled.
        var ready = nextBlock(block, from: 0)
        var used = nextBlock(block, from: 0)
        var usedEnd: Int?
        while sent < test.count, MonotonicTime.now < end, !test.isToStop {
            let length = ready.sent.count
            let start = MonotonicTime.now
            let write = ready.takeBoth { port.exchange($0, into: $1) }
            timing.writeCall.record(nanoseconds: MonotonicTime.now.nanoseconds(since: start))

            if let usedEnd { checkReceived(used, endingAt: usedEnd) }
            used = used.takeBoth { sentBuffer, received in
                refill(sentBuffer, received, block, from: sent + length)
            }
            let finished = timing.finish(write, of: test)
            if finished.error == .cancelled {
                let isStopped = test.isToStop
                return LoopbackOutcome(
                    sent: isStopped ? sent : sent + length, check: check, timing: timing, timedOut: !isStopped)
            }
            if let error = finished.error {
                return LoopbackOutcome(sent: sent, check: check, timing: timing, timedOut: false, failure: error)
            }
            let completedAt = finished.completedAt ?? .now
            timing.roundTrip.record(nanoseconds: completedAt > start ? completedAt.nanoseconds(since: start) : 1)
            sent += length
            ready = used
            used = finished.takeBuffer()
            usedEnd = sent
            test.onProgress?(sent, check.aligner.damage.badBytes)
        }
        if let usedEnd { checkReceived(used, endingAt: usedEnd) }
        return LoopbackOutcome(sent: sent, check: check, timing: timing, timedOut: false)
    }

    private typealias Buffers = ExchangeBuffers<TransferBuffer, TransferBuffer>

    private func nextBlock(_ block: Int, from position: Int) -> Buffers {
        let length = max(0, min(block, test.count - position))
        let sent = TransferBuffer(count: length)
        test.pattern.fill(sent.transferMemory, from: position)
        return Buffers(sent: sent, received: TransferBuffer(count: length))
    }

    /// Uses buffers again that are as long as the next block, which all but the last are.
    private func refill(
        _ sent: consuming TransferBuffer, _ received: consuming TransferBuffer, _ block: Int, from position: Int
    ) -> Buffers {
        let length = max(0, min(block, test.count - position))
        guard length == sent.count else { return nextBlock(block, from: position) }
        test.pattern.fill(sent.transferMemory, from: position)
        return Buffers(sent: sent, received: received)
    }

    private mutating func checkReceived(_ buffers: borrowing Buffers, endingAt end: Int) {
        let received = UnsafeRawBufferPointer(buffers.received.transferMemory)
        check.check(received, transfer: end - received.count..<end)
    }
}
