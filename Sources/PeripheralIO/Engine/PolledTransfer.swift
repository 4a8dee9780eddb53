import RTOS

/// Transfers that the caller does itself, from the first byte to the last.
extension TransferEngine {
    /// Writes in the transmit mode in force, as far as that takes memory that is lent for the call alone.
    ///
    /// - Returns: how many bytes were taken.
    @inline(__always)
    func write(_ bytes: UnsafeRawBufferPointer) throws(PeripheralError) -> Int {
        let segment = Segment(transmit: bytes.baseAddress, receive: nil, count: bytes.count)
        var mode = TransmitMode.polled
        // The mode is looked at under the same lock that starts the transfer.
        let first = try wait(for: .channel, until: .never) { (state) throws(PeripheralError) -> Transmission.Action? in
            mode = state.transmitMode
            guard mode == .polled, segment.count > 0 else { return .finish(.complete) }
            return try state.beginPolled(segment)
        }
        switch mode {
        case .polled: return try finishPolled(segment, first!)
        case .characterQueue: return try writeQueued(bytes)
        case .zeroCopy:
            throw .refused(.wrongMode("a zero-copy write needs a buffer that it can keep: pass a TransferBuffer"))
        }
    }

    /// Sends, receives or does both, and returns when all is off the wire. Waits for its turn on the device first.
    ///
    /// - Returns: the bytes transferred, which is all of them.
    func transferPolled(_ segment: Segment) throws(PeripheralError) -> Int {
        guard segment.count > 0 else { return 0 }
        let first = try wait(for: .channel, until: .never) { (state) throws(PeripheralError) -> Transmission.Action? in
            try state.beginPolled(segment)
        }
        return try finishPolled(segment, first!)
    }

    @inline(__always)
    private func finishPolled(_ segment: Segment, _ first: Transmission.Action) throws(PeripheralError) -> Int {
        var action = first
        while true {
            switch try moveOn(from: action, by: .caller, of: segment) {
            case .complete: return segment.count
            case .awaitRoom: try awaitDevice(for: .room, until: .never)
            case .awaitWire(let time): try awaitDevice(for: .wire, until: time)
            case .handedOver: preconditionFailure("a polled transfer never leaves its caller")
            }
            action = state.withLock { $0.transmission.next() }
        }
    }

    /// Waits until the device can go on with the caller's transmission.
    ///
    /// - Throws: `cancelled`, the transmission ended, for a task that is to end.
    private func awaitDevice(for interest: Readiness, until deadline: MonotonicTime) throws(PeripheralError) {
        // Why the device cannot be waited for, the next step finds in the state.
        guard (try? waitInDevice(for: interest, until: deadline, at: .transmit)) == nil, RTOSTask.current.isToEnd else {
            return
        }
        let action = state.withLock { state in
            _ = state.transmission.cancel()
            return state.transmission.next()
        }
        do throws(PeripheralError) {
            _ = try moveOn(from: action, by: .caller)
        } catch {
            RTOSTask.stopIfOrdered()
            throw error
        }
    }

    /// Fills `buffer` with bytes that come in while others go out (SPI). What an earlier receive buffer still held
    /// comes first.
    func clockInPolled(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        let kept = try takeKept(into: buffer)
        do throws(PeripheralError) {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
            return try kept + transferPolled(Segment(transmit: nil, receive: rest.baseAddress, count: rest.count))
        } catch {
            state.withLock { $0.putBack(buffer[..<kept]) }
            throw error
        }
    }

    /// Takes what an earlier receive buffer still held.
    private func takeKept(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        try state.withLock { (state) throws(PeripheralError) in
            if case .closed = state.ended { throw .closed }
            return state.takeReceived(into: buffer)
        }
    }

    /// Fills `buffer` with bytes that come in by themselves (a UART's), and returns when it is full. What an earlier
    /// receive buffer still held comes first, and is all there is once the device is lost. When it is lost meanwhile,
    /// what was received is put back.
    func receivePolled(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        do throws(PeripheralError) {
            return try receiveWhole(into: buffer)
        } catch {
            RTOSTask.stopIfOrdered()
            throw error
        }
    }

    private func receiveWhole(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        guard buffer.count > 0 else { return 0 }
        if state.withLock({ $0.ended != nil }) {
            let kept = try takeKept(into: buffer)
            if kept > 0 { return kept }
        }
        _ = try wait(for: .reception, until: .never) { (state) throws(PeripheralError) -> Void? in
            if let error = state.ended { throw error }
            guard state.receptionHand == nil else { return nil }
            state.receptionHand = .caller
            return ()
        }
        defer { giveBackReception() }
        var done = state.withLock { $0.takeReceived(into: buffer) }
        while done < buffer.count {
            do throws(PeripheralError) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                let count = try driver.receive(into: rest)
                done += count
                if count == 0 {
                    _ = try waitInDevice(for: .data, until: .never, at: .receive)
                    if let error = state.withLock({ $0.ended }) { throw error }
                } else {
                    state.withLock { $0.statistics.bytesReceived &+= UInt64(count) }
                }
            } catch {
                if case .deviceLost = error { end(with: error) }
                let taken = done
                state.withLock { $0.putBack(buffer[..<taken]) }
                throw error
            }
        }
        return done
    }

    private func giveBackReception() {
        update {
            $0.receptionHand = nil
            // All of them: one that only wants to change the mode takes nothing, and would wake nobody after it.
            $0.wakeAll(waitingFor: .reception)
        }
    }

    /// Changes a setting of the device while nothing is being sent.
    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        try withChannel { () throws(PeripheralError) in try driver.apply(setting) }
    }

    /// A transaction of the caller's own, done by the caller.
    func transact(_ segments: [SPISegment]) throws(PeripheralError) {
        var (sent, received) = (0, 0)
        for segment in segments {
            if segment.sent != nil { sent &+= segment.count }
            if segment.received != nil { received &+= segment.count }
        }
        try withChannel { () throws(PeripheralError) in
            do throws(PeripheralError) {
                // Stopped in here, it would keep the device.
                try RTOSTask.withoutBeingStopped { () throws(PeripheralError) in
                    try Kernel.hostCall { () throws(PeripheralError) in
                        try driver.transact(
                            segments, isOver: { state.withLock { $0.ended != nil } }, event: transmitCallerSignal)
                    }
                }
            } catch {
                if case .deviceLost = error { end(with: error) }
                throw state.withLock { $0.ended } ?? error
            }
        } afterwards: { state in
            state.statistics.bytesSent &+= UInt64(sent)
            state.statistics.bytesReceived &+= UInt64(received)
        }
    }

    /// Has the device to itself while nothing is being sent.
    ///
    /// - Parameter afterwards: changes the state when `body` has returned and has not thrown.
    @inline(__always)
    private func withChannel<Result>(
        _ body: () throws(PeripheralError) -> Result, afterwards: (inout EngineState) -> Void = { _ in }
    ) throws(PeripheralError) -> Result {
        _ = try wait(for: .channel, until: .never) { (state) throws(PeripheralError) -> Void? in
            if let error = state.ended { throw error }
            guard state.channelIsFree else { return nil }
            state.isReserved = true
            return ()
        }
        let result: Result
        do throws(PeripheralError) {
            result = try body()
        } catch {
            update { $0.giveBackChannel() }
            throw error
        }
        update { state in
            afterwards(&state)
            state.giveBackChannel()
        }
        return result
    }
}

extension EngineState {
    fileprivate mutating func giveBackChannel() {
        isReserved = false
        wakeFirst(waitingFor: .channel)
    }

    /// Starts a caller's own transfer; nil if it is not its turn yet.
    fileprivate mutating func beginPolled(_ segment: Segment) throws(PeripheralError) -> Transmission.Action? {
        if let error = ended { throw error }
        guard channelIsFree else { return nil }
        job = .polled(segment)
        return transmission.begin(count: segment.count, style: .polled, hand: .caller)
    }
}
