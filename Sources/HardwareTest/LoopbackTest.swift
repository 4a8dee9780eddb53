import PeripheralIO
import RTOS

/// Sends a pattern over a wire from TX to RX (MOSI to MISO) by zero-copy writes, and checks what comes back.
public struct LoopbackTest: Sendable {
    public var pattern: Pattern
    /// Bytes to send.
    public var count: Int
    /// Ends the test when nothing has moved for this long.
    public var timeout: Timeout
    /// Bytes in a transfer, 1…`largestTransfer`; nil for as many as suit the line.
    public var transferSize: Int?
    /// Sends nothing more after this long, in nanoseconds, though `count` may not be reached.
    public var longest: UInt64?
    /// Called now and then, from a thread of the test, with the number of bytes that are back and of errors so far.
    public var onProgress: (@Sendable (_ received: Int, _ errors: Int) -> Void)?
    /// Asked now and then, from the threads of the test; once true, the test ends with what it has.
    public var shouldStop: (@Sendable () -> Bool)?

    public init(pattern: Pattern, count: Int, timeout: Timeout = .milliseconds(5000)) {
        self.pattern = pattern
        self.count = count
        self.timeout = timeout
    }

    /// Runs on an open peripheral, whose transfer modes it chooses, and blocks until all is back or the time is over.
    ///
    /// - Throws: what the peripheral throws; wrong data is not thrown but counted.
    public func run(on port: Peripheral) throws(PeripheralError) -> LoopbackResult {
        let measurement = try measure(on: port)
        if let failure = measurement.failure { throw failure }
        return measurement.result
    }

    /// `run`, with a result that those of other runs can be added to. What ends the test early, such as the loss of the
    /// device, is part of it; what came back before is kept.
    ///
    /// - Throws: what the peripheral throws before anything is sent.
    public func measure(on port: Peripheral) throws(PeripheralError) -> LoopbackMeasurement {
        try port.control(.useZeroCopyTX)
        let start = MonotonicTime.now
        let end = longest.map { start.advanced(byNanoseconds: $0) } ?? .never
        let outcome =
            port.isSPI
            ? SPILoopback(self, port, until: end).run() : try SerialLoopback(self, port, until: end).run()
        let duration = MonotonicTime.now.nanoseconds(since: start)
        return LoopbackMeasurement(
            device: port.name,
            isSPI: port.isSPI,
            hasWire: port.hasWire,
            bitRate: port.speed,
            bitsPerByte: port.bitsPerByte,
            pattern: pattern.name,
            transferSize: blockSize(for: port),
            sent: outcome.sent,
            received: outcome.check.count,
            damage: outcome.check.aligner.damage,
            sha256Sent: StreamCheck.sha256(of: pattern, count: outcome.sent),
            sha256Received: outcome.check.sha256,
            timedOut: outcome.timedOut,
            interrupted: isToStop,
            nanoseconds: max(1, duration),
            timing: outcome.timing,
            failure: outcome.failure)
    }

    var isToStop: Bool { shouldStop?() ?? false }

    public static let largestTransfer = 16 << 20
    private static let largestBlock = 65536

    /// Unless told: long enough that the calls do not matter, short enough that a slow line still shows progress.
    func blockSize(for port: Peripheral) -> Int {
        if let transferSize { return transferSize }
        guard port.hasWire else { return Self.largestBlock }
        let perTwentieth = Int(port.speed) / port.bitsPerByte / 20
        return min(Self.largestBlock, max(16, perTwentieth))
    }
}

struct LoopbackOutcome {
    var sent: Int
    var check: StreamCheck
    var timing: WriteTiming
    var timedOut: Bool
    /// What ended it early.
    var failure: PeripheralError?
}
