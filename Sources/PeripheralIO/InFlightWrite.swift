import RTOS

/// A zero-copy write on its way, and the buffer that the device may still read.
///
/// `wait` gives the buffer back. A value that is dropped instead cancels what has not left and waits until the device
/// has let go, so that no memory is freed under it; that ends at the latest when the device answers or is lost.
public struct InFlightWrite<Buffer: TransferMemory & ~Copyable>: ~Copyable {
    /// Kept open for as long as the write is on its way.
    private let peripheral: Peripheral
    private let end: UInt64
    private let refusal: PeripheralError?
    /// An optional, because a type with a `deinit` can part with a field in no other way.
    private var buffer: Buffer?

    /// - Parameter end: the place of the write's last byte in all that was ever written; 0 if it has none.
    init(peripheral: Peripheral, end: UInt64, refusal: PeripheralError?, buffer: consuming Buffer) {
        self.peripheral = peripheral
        self.end = end
        self.refusal = refusal
        self.buffer = consume buffer
    }

    private var engine: TransferEngine { peripheral.engine }

    deinit {
        guard buffer != nil, refusal == nil else { return }
        engine.cancelWrite(endingAt: end)
        _ = engine.awaitCompletion(of: end, until: .never)
        _ = engine.outcome(ofWriteEndingAt: end)
    }

    /// True once the device has let go of the buffer; blocks for at most `timeout` for that, in an interrupt not at all.
    public func isComplete(within timeout: Timeout) -> Bool {
        let deadline = (InterruptContext.isActive ? .now : timeout).deadline()
        return refusal != nil || engine.awaitCompletion(of: end, until: deadline)
    }

    /// Asks for what has not left yet to be given up. Returns at once; `wait` tells how it ended.
    public func cancel() {
        if refusal == nil { engine.cancelWrite(endingAt: end) }
    }

    /// Blocks until the last bit is off the wire, or the write has failed, and gives the buffer back.
    ///
    /// It ends by itself when the device is lost or the peripheral closed. For a time limit, ask `isComplete` first. An
    /// interrupt had better ask too: this blocks there as well, because the buffer cannot come back before.
    public consuming func wait() -> FinishedWrite<Buffer> {
        var outcome: (error: PeripheralError?, completedAt: MonotonicTime?) = (refusal, nil)
        if refusal == nil {
            _ = engine.awaitCompletion(of: end, until: .never)
            outcome = engine.outcome(ofWriteEndingAt: end)
        }
        return FinishedWrite(buffer: buffer.take()!, error: outcome.error, completedAt: outcome.completedAt)
    }
}

/// A write that is over, and its buffer.
public struct FinishedWrite<Buffer: TransferMemory & ~Copyable>: ~Copyable {
    private var buffer: Buffer
    /// Why it did not complete; nil if all of it is off the wire.
    public let error: PeripheralError?
    /// When the last bit left; nil if another write has ended since, or the device's time is virtual.
    public let completedAt: MonotonicTime?

    init(buffer: consuming Buffer, error: PeripheralError?, completedAt: MonotonicTime?) {
        self.buffer = buffer
        self.error = error
        self.completedAt = completedAt
    }

    /// The buffer, whatever became of the write.
    public consuming func takeBuffer() -> Buffer {
        buffer
    }
}

/// Both buffers of a full-duplex transfer.
public struct ExchangeBuffers<Sent: TransferMemory & ~Copyable, Received: TransferMemory & ~Copyable>:
    TransferMemory, ~Copyable
{
    /// What is sent.
    public var sent: Sent
    /// What comes in at the same time.
    public var received: Received

    public init(sent: consuming Sent, received: consuming Received) {
        self.sent = sent
        self.received = received
    }

    /// The memory that is sent.
    public var transferMemory: UnsafeMutableRawBufferPointer { sent.transferMemory }

    /// Parts with both.
    public consuming func takeBoth<Result: ~Copyable>(
        _ body: (consuming Sent, consuming Received) -> Result
    ) -> Result {
        body(sent, received)
    }
}
