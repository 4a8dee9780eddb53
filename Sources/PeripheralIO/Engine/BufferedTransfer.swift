import RTOS

/// Transfers through a queue or a buffer of the peripheral's own.
extension TransferEngine {
    /// Puts bytes into the transmit queue, waiting for room no longer than the transmit timeout.
    ///
    /// - Returns: how many went in.
    func writeQueued(_ bytes: UnsafeRawBufferPointer) throws(PeripheralError) -> Int {
        guard bytes.count > 0 else { return 0 }
        var done = 0
        let deadline = state.withLock { $0.transmitTimeout }.deadline()
        while done < bytes.count {
            let step = try wait(for: .room, until: deadline) { (state) throws(PeripheralError) -> Int? in
                if let error = state.ended { throw error }
                guard case .characterQueue = state.transmitMode else {
                    throw .refused(.wrongMode("the transfer mode was changed during the write"))
                }
                let step = state.transmitQueue.write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
                guard step > 0 else { return nil }
                state.queued(step)
                return step
            }
            guard let step else { break }
            done += step
            if state.withLock({ $0.transmission.hand == .interrupt }) { interruptRequest.signal() }
        }
        return done
    }

    /// Takes bytes out of the receive buffer, waiting for them no longer than the receive timeout.
    ///
    /// - Returns: how many there were; fewer than asked for if the time was over first.
    func readBuffered(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        guard buffer.count > 0 else { return 0 }
        var done = 0
        var wanted = facts.kind == .spi ? buffer.count : 0
        let deadline = state.withLock { $0.receiveTimeout }.deadline()
        defer {
            state.withLock { state in
                state.readerThreshold = state.anyoneWaits(for: .data) ? 1 : .max
                // What nobody waits for any more need not be clocked in.
                state.wantedByReaders = max(0, state.wantedByReaders - (buffer.count - done))
            }
        }
        while done < buffer.count {
            let step = try wait(for: .data, until: deadline) { (state) throws(PeripheralError) -> Int? in
                guard state.receiveMode != .polled else {
                    throw .refused(.wrongMode("the transfer mode was changed during the read"))
                }
                let step = state.receiveBuffer.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
                if step == 0 {
                    if let error = state.receiveFailure {
                        state.receiveFailure = nil
                        throw error
                    }
                    state.readerThreshold = min(
                        state.readerThreshold, buffer.count - done, max(1, state.receiveBuffer.capacity / 2))
                    if wanted > 0 {
                        state.wantedByReaders += wanted
                        wanted = 0
                    }
                    return nil
                }
                wanted = max(0, wanted - step)
                return step
            }
            guard let step else { break }
            done += step
            resumeReception()
        }
        return done
    }

    /// Lets the interrupt go on with reception if a full buffer had stopped it.
    private func resumeReception() {
        let wasPaused = state.withLock { state -> Bool in
            guard state.receptionIsPaused, state.receiveBuffer.space != 0 else { return false }
            state.receptionIsPaused = false
            return true
        }
        if wasPaused { interruptRequest.signal() }
    }

    /// Throws away what has been received and not been read.
    func clearReceiveBuffer() throws(PeripheralError) {
        try update { (state) throws(PeripheralError) in
            if let error = state.ended { throw error }
            guard state.receiveMode != .polled else {
                throw .refused(.wrongMode("only a character queue or a circular buffer can be cleared"))
            }
            state.receiveBuffer.removeAll()
        }
        if facts.kind == .uart { try driver.discardReceived() }
        resumeReception()
    }

    // MARK: Choosing a mode

    func setTransmitMode(_ mode: TransmitMode) throws(PeripheralError) {
        let length = if case .characterQueue(let length) = mode { try Self.checkedLength(length) } else { 0 }
        try update { (state) throws(PeripheralError) in
            if let error = state.ended { throw error }
            let isQuiet = state.transmission.isIdle || state.isSendingForReaders
            guard state.writeMutex.isFree, isQuiet, state.waitingJob == nil, state.transmitQueue.isEmpty
            else { throw .refused(.transferInProgress) }
            state.transmitMode = mode
            state.transmitQueue = ByteRing(capacity: length)
            state.keptFailure = nil
            state.wakeAll(waitingFor: .room)
        }
    }

    /// Bytes that were received and not read are kept.
    func setReceiveMode(_ mode: ReceiveMode) throws(PeripheralError) {
        let length = if let length = mode.bufferLength { try Self.checkedLength(length) } else { 0 }
        // Whoever receives at this moment writes into the present buffer: wait until it is done, which it soon is
        // unless it is a polled read.
        _ = try wait(for: .reception, until: .never) { (state) throws(PeripheralError) -> Void? in
            if let error = state.ended { throw error }
            if state.receptionHand == .caller || state.isSendingForReaders { throw .refused(.transferInProgress) }
            guard state.receptionHand == nil else { return nil }
            let kept = state.receiveBuffer.count
            guard mode == .polled || length >= kept else { throw .refused(.receivedDataWouldBeLost(bytes: kept)) }
            // Polled reads take the rest from the buffer they find.
            var buffer = ByteRing(capacity: max(length, kept))
            while !state.receiveBuffer.isEmpty {
                state.receiveBuffer.took(buffer.write(state.receiveBuffer.readablePlaces))
            }
            state.receiveMode = mode
            state.receiveBuffer = buffer
            state.receptionIsPaused = false
            state.wakeAll(waitingFor: .data)
            return ()
        }
        interruptRequest.signal()
    }

    private static func checkedLength(_ length: Int) throws(PeripheralError) -> Int {
        guard (1...largestBuffer).contains(length) else {
            throw .refused(.badValue("a buffer has 1 to \(largestBuffer) bytes, not \(length)"))
        }
        return length
    }

    /// Long enough for anything a firmware holds, short enough that a slip of the keyboard cannot take all memory.
    static let largestBuffer = 1 << 30
}

extension EngineState {
    /// The bus is at work only to fill the receive buffer.
    var isSendingForReaders: Bool {
        if case .clockIn = job { true } else { false }
    }
}
