import PeripheralIO
import RTOS

/// The loopback test on a serial line: one thread writes, another reads.
struct SerialLoopback {
    private let test: LoopbackTest
    private let port: Peripheral
    private let end: MonotonicTime
    private var check: StreamCheck
    private var roundTrip = LatencyRecord()

    init(_ test: LoopbackTest, _ port: Peripheral, until end: MonotonicTime) {
        self.test = test
        self.port = port
        self.end = end
        check = StreamCheck(StreamAligner(test.pattern, count: test.count))
    }

    /// What the writing thread tells.
    private struct Writing: Sendable {
        var sent = 0
        var timing = WriteTiming()
        var error: PeripheralError?
        /// The writer is to stop.
        var isOver = false
        /// The writer has stopped, and `sent` is final.
        var hasEnded = false
        var timedOut = false
        /// The last transfer was given up because the test is to stop.
        var isCut = false
        /// When the transfers that may still be out began, oldest first, and the places behind them.
        var out: [(end: Int, start: MonotonicTime)] = []
    }

    /// Of a line that swallows everything, no more starts than these are kept.
    private static let mostOut = 1024

    private final class SharedWriting: Sendable {
        let state = Guarded(Writing())
    }

    consuming func run() throws(PeripheralError) -> LoopbackOutcome {
        let block = test.blockSize(for: port)
        try port.control(.useCircularBufferRX(length: max(4 * block, 65536)))
        try port.control(.clearRXBuffer)
        try port.control(.setRXTimeout(.milliseconds(WriteTiming.glance)))
        let shared = SharedWriting()
        let (test, port, end) = (self.test, self.port, self.end)
        let writer = RTOSThread.startJoinable(name: "hil writer") {
            Self.write(test, to: port, block: block, until: end, shared)
        }
        var failure: PeripheralError?
        do throws(PeripheralError) {
            try read(block: block, shared)
        } catch {
            failure = error
        }
        shared.state.withLock { $0.isOver = true }
        writer.join()
        var writing = shared.state.withLock { $0 }
        failure = writing.error ?? failure
        // What was given up in the middle was not sent as far as anybody can tell.
        if writing.isCut || failure != nil { writing.sent = min(writing.sent, check.aligner.position) }
        check.finish(sent: writing.sent)
        writing.timing.roundTrip = roundTrip
        return LoopbackOutcome(
            sent: writing.sent, check: check, timing: writing.timing,
            timedOut: writing.timedOut || (check.count == 0 && writing.sent > 0 && !test.isToStop), failure: failure)
    }

    /// Sends all, or until the time is over or the reader has given up.
    private static func write(
        _ test: LoopbackTest, to port: Peripheral, block: Int, until end: MonotonicTime, _ shared: SharedWriting
    ) {
        var sent = 0
        var timing = WriteTiming()
        var buffer = TransferBuffer(count: block)
        while sent < test.count, !test.isToStop, !shared.state.withLock({ $0.isOver }) {
            let start = MonotonicTime.now
            if start >= end { break }
            let length = min(block, test.count - sent)
            if length != buffer.count { buffer = TransferBuffer(count: length) }
            test.pattern.fill(buffer.transferMemory, from: sent)
            shared.state.withLock { if $0.out.count < mostOut { $0.out.append((sent + length, start)) } }
            let write = port.write(buffer)
            timing.writeCall.record(nanoseconds: MonotonicTime.now.nanoseconds(since: start))
            let finished = timing.finish(write, of: test)
            let error = finished.error
            buffer = finished.takeBuffer()
            sent += length
            if let error {
                shared.state.withLock {
                    $0.timedOut = error == .cancelled && !test.isToStop
                    $0.isCut = error == .cancelled && !$0.timedOut
                    $0.error = error == .cancelled ? nil : error
                }
                break
            }
        }
        shared.state.withLock {
            $0.sent = sent
            $0.timing = timing
            $0.hasEnded = true
        }
    }

    /// Takes what comes until all is back or nothing has come for too long.
    private mutating func read(block: Int, _ shared: SharedWriting) throws(PeripheralError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(block, 4096), alignment: 64)
        defer { buffer.deallocate() }
        var deadline = test.timeout.deadline(from: .now)
        while true {
            let count = try port.read(into: buffer, atLeast: 1)
            let now = MonotonicTime.now
            let (end, hasTimedOut) = shared.state.withLock { ($0.hasEnded ? $0.sent : nil, $0.timedOut) }
            if count == 0 {
                let isBack = end.map { check.aligner.position >= $0 } ?? false
                if isBack || now >= deadline || (end != nil && (hasTimedOut || test.isToStop)) { return }
                continue
            }
            deadline = test.timeout.deadline(from: now)
            check.check(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            noteRoundTrips(shared, at: now)
            test.onProgress?(check.count, check.aligner.damage.badBytes)
            // Behind a fault at the end more may come than is due.
            let due = end ?? test.count
            if check.aligner.position >= due, !check.aligner.isUndecided { return }
        }
    }

    private mutating func noteRoundTrips(_ shared: SharedWriting, at now: MonotonicTime) {
        let position = check.aligner.position
        shared.state.withLock { writing in
            while let first = writing.out.first, first.end <= position {
                roundTrip.record(nanoseconds: now > first.start ? now.nanoseconds(since: first.start) : 1)
                writing.out.removeFirst()
            }
        }
    }
}
