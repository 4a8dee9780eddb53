import PeripheralIO
import RTOS

/// The loopback test on a bus: what goes out on MOSI comes in on MISO at the same time.
struct SPILoopback {
    private let test: LoopbackTest
    private let port: Peripheral
    private var check: StreamCheck
    private var timing = WriteTiming()

    init(_ test: LoopbackTest, _ port: Peripheral, scratch: UnsafeMutableRawBufferPointer) {
        self.test = test
        self.port = port
        check = StreamCheck(test.pattern, scratch: scratch)
    }

    consuming func run() throws(PeripheralError) -> LoopbackOutcome {
        let block = test.blockSize(for: port)
        var sent = 0
        // While one pair of buffers is on the wire the other is checked and filled.
        var ready = nextBlock(block, from: 0)
        var used = nextBlock(block, from: 0)
        var usedHasData = false
        while sent < test.count {
            let length = ready.sent.count
            let start = MonotonicTime.now
            let write = ready.takeBoth { port.exchange($0, into: $1) }
            timing.writeCall.record(nanoseconds: MonotonicTime.now.nanoseconds(since: start))

            if usedHasData { checkReceived(used) }
            sent += length
            used = used.takeBoth { sentBuffer, received in
                refill(sentBuffer, received, block, from: sent)
            }
            let finished = timing.finish(write, within: test.timeout)
            if finished.error == .cancelled {
                return LoopbackOutcome(sent: sent, check: check, timing: timing, timedOut: true)
            }
            if let error = finished.error { throw error }
            ready = used
            used = finished.takeBuffer()
            usedHasData = true
            test.onProgress?(sent)
        }
        if usedHasData { checkReceived(used) }
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

    private mutating func checkReceived(_ buffers: borrowing Buffers) {
        check.check(UnsafeRawBufferPointer(buffers.received.transferMemory))
    }
}
