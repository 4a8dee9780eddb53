import RTOS

/// A zero-copy write that was started or refused: all of an `InFlightWrite` but its buffer.
///
/// What is generic over the buffer is inlined into the caller's module and is no more than a shell around this, so that
/// no metadata of generic types has to be found for each write.
@usableFromInline
struct WriteTicket {
    private let engine: TransferEngine
    private let end: UInt64
    private let refusal: PeripheralError?

    /// - Parameter end: the place of the write's last byte in all that was ever written.
    init(engine: TransferEngine, end: UInt64) {
        self.engine = engine
        self.end = end
        refusal = nil
    }

    /// For a write that did not even start.
    init(engine: TransferEngine, refusal: PeripheralError) {
        self.engine = engine
        end = 0
        self.refusal = refusal
    }

    @usableFromInline
    func isComplete(within timeout: Timeout) -> Bool {
        refusal != nil || engine.awaitCompletion(of: end, until: timeout.deadline())
    }

    @usableFromInline
    func cancel() {
        if refusal == nil { engine.cancelWrite(endingAt: end) }
    }

    /// Blocks until the device has let go of the buffer, and answers how the write ended. Once only.
    @usableFromInline
    func finish() -> WriteOutcome {
        if let refusal { return WriteOutcome(error: refusal) }
        return engine.awaitOutcome(ofWriteEndingAt: end)
    }
}

/// How a zero-copy write ended.
@usableFromInline
struct WriteOutcome {
    /// nil if all of it is off the wire.
    @usableFromInline var error: PeripheralError?
    /// When the last bit left, where that is known.
    @usableFromInline var completedAt: MonotonicTime?
}
