import RTOS

/// What one transmission carries.
enum Job {
    /// A zero-copy write or exchange, which the interrupt may finish. `end` is its last byte's place in all that was
    /// ever written; the outcome of an `owned` one is kept for the value that owns its buffer.
    case write(Segment, end: UInt64, owned: Bool)
    /// The character queue's content.
    case queue
    /// Packets behind one another, and what is put behind them meanwhile.
    case packets
    /// Dummy bytes sent to fill the receive buffer (SPI).
    case clockIn(Segment)
    /// A caller's own, done by the caller.
    case polled(Segment)
}

/// What the peripheral has to send, how it is begun, and what its end means to those who wait.
extension EngineState {
    /// The memory that the present job still has to send, from `offset` on.
    func segment(from offset: Int) -> Segment? {
        switch job {
        case .write(let segment, _, _), .clockIn(let segment), .polled(let segment):
            segment.dropFirst(offset)
        case .queue:
            queueSegment(from: offset)
        case .packets:
            packets.chain.segment(from: offset)
        case nil:
            nil
        }
    }

    private func queueSegment(from offset: Int) -> Segment? {
        let places = transmitQueue.readablePlaces
        // Where bytes leave the queue as the device takes them, the rest is always at its front.
        let rest = deviceKeepsMemory ? places[offset..<transmission.count] : places[...]
        guard !rest.isEmpty else { return nil }
        return Segment(transmit: places.baseAddress! + rest.startIndex, receive: nil, count: rest.count)
    }

    /// Bytes were put into the transmit queue.
    mutating func queued(_ bytes: Int) {
        written &+= UInt64(bytes)
        // A device that reads late gets what came later when the present part is off the wire.
        if case .queue = job, !deviceKeepsMemory { transmission.extend(by: bytes) }
    }

    /// The next thing for the interrupt to send when the channel is free, started in its hand.
    mutating func startNextJob() -> Transmission.Action? {
        guard transmission.isIdle, !isReserved, ended == nil else { return nil }
        if let next = waitingJob, case .write(let segment, _, _) = next {
            waitingJob = nil
            job = next
            return transmission.begin(count: segment.count, style: .interruptDriven, hand: .interrupt)
        }
        if !transmitQueue.isEmpty {
            job = .queue
            let count = deviceKeepsMemory ? transmitQueue.readablePlaces.count : transmitQueue.count
            return transmission.begin(count: count, style: .interruptDriven, hand: .interrupt)
        }
        if let action = beginPackets() { return action }
        if bytesToClockIn > 0 {
            let places = receiveBuffer.writablePlaces
            let count = min(bytesToClockIn, places.count)
            job = .clockIn(Segment(transmit: nil, receive: places.baseAddress, count: count))
            return transmission.begin(count: count, style: .interruptDriven, hand: .interrupt)
        }
        return nil
    }

    /// Somebody may ask when the present job ended.
    private var jobTellsTime: Bool {
        if case .write(_, _, owned: true) = job { true } else { false }
    }

    /// True if the interrupt would find something to start.
    ///
    /// Always inlined, because the compiler copies the whole state for a call from under the lock.
    @inline(__always)
    var hasWorkForInterrupt: Bool {
        guard transmission.isIdle, !isReserved, ended == nil else { return false }
        if waitingJob != nil || !transmitQueue.isEmpty || hasPacketsForInterrupt { return true }
        return bytesToClockIn > 0
    }

    /// What readers want and is not there, as far as the buffer has room for it.
    private var bytesToClockIn: Int {
        min(max(0, wantedByReaders - receiveBuffer.count), receiveBuffer.space)
    }

    /// The device took `bytes` of the present job.
    mutating func deviceAccepted(_ bytes: Int, of offered: Int) -> Transmission.Action {
        if case .queue = job, bytes > 0, !deviceKeepsMemory {
            transmitQueue.took(bytes)
            wakeAll(waitingFor: .room)
        }
        return transmission.deviceAccepted(bytes, of: offered)
    }

    /// Passes an action on, and ends the job if that is what it says.
    ///
    /// - Parameter time: when it ended; nil where the device's time is not the clock's. Asked for only if somebody may
    ///   want to know.
    mutating func finishing(
        _ action: Transmission.Action, error: PeripheralError? = nil, at time: @autoclosure () -> MonotonicTime? = nil
    ) -> Transmission.Action {
        if case .finish(let ending) = action {
            finishJob(ending, error: error, at: jobTellsTime ? time() : nil)
        }
        return action
    }

    /// The transmission has ended: its buffer is free, and whoever waits for that goes on.
    mutating func finishJob(_ ending: Transmission.Ending, error: PeripheralError?, at time: MonotonicTime?) {
        let sent = transmission.accepted
        switch job {
        case .write(_, let end, let owned):
            finishWrite(end: end, owned: owned, ending: ending, error: error, at: time)
            statistics.bytesSent &+= UInt64(ending == .complete ? sent : 0)
        case .queue:
            if ending != .complete {
                keptFailure = error ?? .cancelled
                transmitQueue.removeAll()
            } else {
                statistics.bytesSent &+= UInt64(sent)
                if deviceKeepsMemory { transmitQueue.took(sent) }
            }
            completed = written &- UInt64(transmitQueue.count)
            completedAt = time
            wakeAll(waitingFor: .room)
            wakeAll(waitingFor: .completion)
        case .packets:
            finishPackets(ending, error: error)
        case .clockIn:
            if ending == .complete {
                receiveBuffer.wrote(sent)
                statistics.bytesReceived &+= UInt64(sent)
            } else {
                receiveFailure = error ?? .cancelled
            }
            wakeAll(waitingFor: .data)
        case .polled(let segment):
            if ending == .complete {
                statistics.bytesSent &+= UInt64(segment.transmit == nil ? 0 : sent)
                statistics.bytesReceived &+= UInt64(segment.receive == nil ? 0 : sent)
            }
        case nil:
            break
        }
        job = nil
        wakeFirst(waitingFor: .channel)
    }

    mutating func finishWrite(
        end: UInt64, owned: Bool, ending: Transmission.Ending, error: PeripheralError?, at time: MonotonicTime?
    ) {
        if ending != .complete {
            let error = error ?? .cancelled
            if owned { failures.append((end, error)) } else { keptFailure = error }
        }
        completed = end
        completedAt = time
        wake(writeMutex.writeEnded())
        wakeAll(waitingFor: .completion)
    }
}
