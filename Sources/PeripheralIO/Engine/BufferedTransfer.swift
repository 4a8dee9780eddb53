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
            var hasDrained = false
            let step = try wait(for: .room, until: deadline) { (state) throws(PeripheralError) -> Int? in
                if let error = state.ended { throw error }
                guard case .characterQueue = state.transmitMode else {
                    throw .refused(.wrongMode("the transfer mode was changed during the write"))
                }
                let step = state.transmitQueue.write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
                guard step > 0 else { return nil }
                hasDrained = state.transmission.phase == .draining(.interrupt)
                state.queued(step)
                return step
            }
            guard let step else { break }
            done += step
            // The interrupt waits for the wire, not for room.
            if hasDrained { interruptRequest.signal() }
        }
        return done
    }

    /// Takes bytes out of the receive buffer, waiting for them no longer than the receive timeout. When the device is
    /// lost meanwhile, what was taken is put back; once it is lost, there is nothing to wait for.
    ///
    /// - Returns: how many there were; fewer than asked for if the time was over first.
    func readBuffered(
        into buffer: UnsafeMutableRawBufferPointer, atLeast minimum: Int
    ) throws(PeripheralError) -> Int {
        guard buffer.count > 0 else { return 0 }
        var done = 0
        let (timeout, isLost) = state.withLock { ($0.receiveTimeout, $0.ended != nil) }
        let deadline = isLost ? MonotonicTime(nanoseconds: 0) : timeout.deadline()
        let clocksIn = facts.kind == .spi && deadline.nanoseconds != 0
        if clocksIn { state.withLock { $0.wantedByReaders += buffer.count } }
        defer {
            state.withLock { state in
                state.readerThreshold = state.anyoneWaits(for: .data) ? 1 : .max
                if clocksIn { state.wantedByReaders -= buffer.count - done }
            }
        }
        do throws(PeripheralError) {
            while done < min(minimum, buffer.count) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                let step = try wait(for: .data, until: deadline) { (state) throws(PeripheralError) in
                    if isLost, done > 0 { return 0 }
                    let taken = try state.takeForReader(into: rest, wanting: max(1, minimum - done))
                    // In one step with the taking, or the interrupt would clock the same bytes in again.
                    if clocksIn, let taken { state.wantedByReaders -= taken }
                    return taken
                }
                guard let step, step > 0 else { break }
                done += step
                resumeReception()
            }
            return done
        } catch {
            let taken = done
            state.withLock { $0.putBack(buffer[..<taken]) }
            throw error
        }
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
        try visit { (state) throws(PeripheralError) in
            guard state.receiveMode.bufferLength != nil else {
                throw .refused(.wrongMode("only a character queue or a circular buffer can be cleared"))
            }
            state.receiveBuffer.removeAll()
            state.putBack.removeAll()
        } _: { () throws(PeripheralError) in
            if facts.kind == .uart { try driver.discardReceived() }
            resumeReception()
        }
    }

    // MARK: Choosing a mode

    func setTransmitMode(_ mode: TransmitMode) throws(PeripheralError) {
        let length = if case .characterQueue(let length) = mode { try Self.checkedLength(length) } else { 0 }
        try update { (state) throws(PeripheralError) in
            if let error = state.ended { throw error }
            let isQuiet = state.transmission.isIdle || state.isSendingForReaders
            guard state.writeMutex.isFree, isQuiet, state.packets.source == nil, state.waitingJob == nil,
                state.transmitQueue.isEmpty
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
        try changeReception { (state) throws(PeripheralError) in
            guard state.packetReception == nil else { throw .refused(.transferInProgress) }
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
        }
    }

    /// Changes how bytes are received while nobody receives any.
    func changeReception(
        _ change: (inout EngineState) throws(PeripheralError) -> Void
    ) throws(PeripheralError) {
        // Whoever receives at this moment writes into the present buffer: wait until it is done, which it soon is
        // unless it is a polled read.
        _ = try wait(for: .reception, until: .never) { (state) throws(PeripheralError) -> Void? in
            if let error = state.ended { throw error }
            if state.receptionHand == .caller || state.isSendingForReaders { throw .refused(.transferInProgress) }
            guard state.receptionHand == nil else { return nil }
            try change(&state)
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
    /// What is there for a reader; nil, with the reader's needs noted, if it has to wait.
    fileprivate mutating func takeForReader(
        into buffer: UnsafeMutableRawBufferPointer, wanting count: Int
    ) throws(PeripheralError) -> Int? {
        if case .closed = ended { throw .closed }
        guard receiveMode.bufferLength != nil else {
            throw .refused(.wrongMode("the transfer mode was changed during the read"))
        }
        let taken = takeReceived(into: buffer)
        if taken > 0 { return taken }
        if let error = receiveFailure {
            receiveFailure = nil
            throw error
        }
        readerThreshold = min(readerThreshold, count, max(1, receiveBuffer.capacity / 2))
        return nil
    }

    /// The bus is at work only to fill the receive buffer.
    var isSendingForReaders: Bool {
        if case .clockIn = job { true } else { false }
    }
}
