import Foundation
import PeripheralIO
import RTOS

/// Sends a pattern over a wire from TX to RX (MOSI to MISO) by zero-copy writes, and checks what comes back.
public struct LoopbackTest: Sendable {
    public var pattern: Pattern
    /// Bytes to send.
    public var count: Int
    /// Ends the test when nothing has moved for this long.
    public var timeout: Timeout
    /// Called now and then, from a thread of the test, with the number of bytes that are back.
    public var onProgress: (@Sendable (Int) -> Void)?

    public init(pattern: Pattern, count: Int, timeout: Timeout = .milliseconds(5000)) {
        self.pattern = pattern
        self.count = count
        self.timeout = timeout
    }

    /// Runs on an open peripheral, whose transfer modes it chooses, and blocks until all is back or the time is over.
    ///
    /// - Throws: what the peripheral throws; wrong data is not thrown but counted.
    public func run(on port: Peripheral) throws(PeripheralError) -> LoopbackResult {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.largestBlock, alignment: 64)
        defer { scratch.deallocate() }
        try port.control(.useZeroCopyTX)
        let start = MonotonicTime.now
        let outcome =
            port.isSPI
            ? try SPILoopback(self, port, scratch: scratch).run()
            : try SerialLoopback(self, port, scratch: scratch).run()
        let duration = MonotonicTime.now.nanoseconds(since: start)
        return LoopbackResult(
            device: port.name,
            isSPI: port.isSPI,
            hasWire: port.hasWire,
            bitRate: port.hasWire ? port.speed : nil,
            bytesSent: outcome.sent,
            bytesReceived: outcome.check.count,
            errors: outcome.check.errors + max(0, outcome.sent - outcome.check.count),
            firstError: outcome.check.firstError ?? (outcome.check.count < outcome.sent ? outcome.check.count : nil),
            sha256Sent: StreamCheck.sha256(of: pattern, count: outcome.sent, scratch: scratch),
            sha256Received: outcome.check.sha256,
            timedOut: outcome.timedOut,
            seconds: Double(duration) / 1e9,
            wireShare: port.hasWire
                ? Double(outcome.check.count * port.bitsPerByte) / Double(max(port.speed, 1)) / (Double(duration) / 1e9)
                : nil,
            writeCall: outcome.timing.writeCall.summary,
            completion: outcome.timing.completion.summary)
    }

    static let largestBlock = 65536

    /// Long enough that the calls do not matter, short enough that a slow line still shows progress.
    func blockSize(for port: Peripheral) -> Int {
        guard port.hasWire else { return Self.largestBlock }
        let perTwentieth = Int(port.speed) / port.bitsPerByte / 20
        return min(Self.largestBlock, max(16, perTwentieth))
    }
}

/// What the writes of a test took.
struct WriteTiming {
    var writeCall = LatencyRecord()
    var completion = LatencyRecord()

    /// Waits for a write, and notes how long after its last bit the waiter ran, if it had to wait at all. One that
    /// takes longer than `timeout` is cancelled.
    mutating func finish<Buffer: TransferMemory & ~Copyable>(
        _ write: consuming InFlightWrite<Buffer>, within timeout: Timeout
    ) -> FinishedWrite<Buffer> {
        let before = MonotonicTime.now
        let isInTime = write.isComplete(within: timeout)
        let after = MonotonicTime.now
        if !isInTime { write.cancel() }
        let finished = write.wait()
        if isInTime, let completedAt = finished.completedAt, completedAt > before {
            completion.record(nanoseconds: after.nanoseconds(since: completedAt))
        }
        return finished
    }
}

struct LoopbackOutcome {
    var sent: Int
    var check: StreamCheck
    var timing: WriteTiming
    var timedOut: Bool
}
