import RTOS

/// A zero-copy write that was started or refused: all of an `InFlightWrite` but its buffer.
///
/// What is generic over the buffer is inlined into the caller's module and is no more than a shell around this, so that
/// no metadata of generic types has to be found for each write.
@usableFromInline
struct WriteTicket {
    /// Kept open for as long as the write is on its way.
    private let peripheral: Peripheral
    private let end: UInt64
    private let refusal: PeripheralError?

    /// - Parameter end: the place of the write's last byte in all that was ever written; 0 if it has none.
    init(peripheral: Peripheral, end: UInt64) {
        self.peripheral = peripheral
        self.end = end
        refusal = nil
    }

    /// For a write that did not even start.
    init(peripheral: Peripheral, refusal: PeripheralError) {
        self.peripheral = peripheral
        end = 0
        self.refusal = refusal
    }

    private var engine: TransferEngine { peripheral.engine }

    @usableFromInline
    func isComplete(within timeout: Timeout) -> Bool {
        let deadline = (InterruptContext.isActive ? .now : timeout).deadline()
        return refusal != nil || engine.awaitCompletion(of: end, until: deadline)
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
