import PeripheralIO
import RTOS

/// The loopback test on a serial line: one thread writes, another reads.
struct SerialLoopback {
    private let test: LoopbackTest
    private let port: Peripheral
    private var check: StreamCheck

    init(_ test: LoopbackTest, _ port: Peripheral, scratch: UnsafeMutableRawBufferPointer) {
        self.test = test
        self.port = port
        check = StreamCheck(test.pattern, scratch: scratch)
    }

    /// What the writing thread leaves behind.
    private struct Writing: Sendable {
        var sent = 0
        var timing = WriteTiming()
        var error: PeripheralError?
        var isOver = false
        var timedOut = false
    }

    private final class SharedWriting: Sendable {
        let state = Guarded(Writing())
    }

    consuming func run() throws(PeripheralError) -> LoopbackOutcome {
        let block = test.blockSize(for: port)
        try port.control(.useCircularBufferRX(length: max(4 * block, 65536)))
        try port.control(.clearRXBuffer)
        try port.control(.setRXTimeout(test.timeout))
        let shared = SharedWriting()
        let (test, port) = (self.test, self.port)
        let writer = RTOSThread.startJoinable(name: "hil writer") {
            Self.write(test, to: port, block: block, shared)
        }
        var failure: PeripheralError?
        do throws(PeripheralError) {
            try read(block: block)
        } catch {
            failure = error
        }
        if check.count < test.count { shared.state.withLock { $0.isOver = true } }
        writer.join()
        let writing = shared.state.withLock { $0 }
        if let error = writing.error ?? failure { throw error }
        return LoopbackOutcome(
            sent: writing.sent, check: check, timing: writing.timing,
            timedOut: writing.timedOut || check.count == 0)
    }

    /// Sends all, or until the reader has given up.
    private static func write(_ test: LoopbackTest, to port: Peripheral, block: Int, _ shared: SharedWriting) {
        var sent = 0
        var timing = WriteTiming()
        var buffer = TransferBuffer(count: block)
        while sent < test.count, !shared.state.withLock({ $0.isOver }) {
            let length = min(block, test.count - sent)
            if length != buffer.count { buffer = TransferBuffer(count: length) }
            test.pattern.fill(buffer.transferMemory, from: sent)
            let start = MonotonicTime.now
            let write = port.write(buffer)
            timing.writeCall.record(nanoseconds: MonotonicTime.now.nanoseconds(since: start))
            let finished = timing.finish(write, within: test.timeout)
            let error = finished.error
            buffer = finished.takeBuffer()
            sent += length
            if let error {
                shared.state.withLock {
                    $0.timedOut = error == .cancelled
                    $0.error = error == .cancelled ? nil : error
                }
                break
            }
        }
        shared.state.withLock {
            $0.sent = sent
            $0.timing = timing
        }
    }

    /// Takes what comes until all is back or nothing has come for too long.
    private mutating func read(block: Int) throws(PeripheralError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 64)
        defer { buffer.deallocate() }
        while check.count < test.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(block, test.count - check.count)])
            let count = try port.read(into: rest, atLeast: 1)
            if count == 0 { return }
            check.check(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            test.onProgress?(check.count)
        }
    }
}
