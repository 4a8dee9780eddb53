import RTOS

/// The write mutex, and writes that go on from the caller's own buffer after the call has returned.
extension TransferEngine {
    func obtainWriteMutex(_ timeout: Timeout) throws(PeripheralError) {
        let task = RTOSTask.current
        let mayWait = timeout != .now && !InterruptContext.isActive
        let outcome = try update { (state) throws(PeripheralError) in
            try state.requireZeroCopy()
            return state.writeMutex.obtain(by: task, priority: task.priority, mayWait: mayWait)
        }
        switch outcome {
        case .obtained: return
        case .notFree where timeout != .now: throw .refused(.blockingCallInInterrupt)
        case .notFree: throw .timedOut
        case .alreadyHeld: throw .refused(.mutexAlreadyHeld)
        case .waiting: try awaitWriteMutex(task, until: timeout.deadline())
        }
    }

    /// Blocks until whoever has the mutex has passed it on to this task, which is in its queue.
    private func awaitWriteMutex(_ task: RTOSTask, until deadline: MonotonicTime) throws(PeripheralError) {
        var isOver = false
        while true {
            let hasIt = try update { (state) throws(PeripheralError) -> Bool in
                if isOver, !state.writeMutex.stopWaiting(task) { throw state.ended ?? .timedOut }
                if let error = state.ended { throw error }
                return state.writeMutex.isHeld(by: task)
            }
            if hasIt { return }
            task.park(until: deadline)
            isOver = deadline != .never && Kernel.current.now >= deadline
        }
    }

    func releaseWriteMutex() throws(PeripheralError) {
        let task = RTOSTask.current
        try update { (state) throws(PeripheralError) in
            try state.requireZeroCopy()
            switch state.writeMutex.release(by: task) {
            case .released(let next): state.wake(next)
            case .refused: throw .refused(.notMutexHolder)
            }
        }
    }

    /// Starts a write from the caller's buffer. The task must hold the write mutex, which is the interrupt's from now
    /// until the last bit has left.
    ///
    /// - Returns: the place of the write's last byte in all that was ever written: what to wait for.
    @inline(__always)
    func startWrite(_ segment: Segment, owned: Bool) throws(PeripheralError) -> UInt64 {
        let task = RTOSTask.current
        // Not captured with `self`, which would be retained for it.
        let startsInCaller = facts.startsInCaller
        let (end, action) = try update { (state) throws(PeripheralError) -> (UInt64, Transmission.Action?) in
            try state.requireZeroCopy()
            guard state.writeMutex.isHeld(by: task) else { throw .refused(.notMutexHolder) }
            guard segment.count > 0 else { return (state.written, nil) }
            _ = state.writeMutex.beginWrite(by: task)
            state.written &+= UInt64(segment.count)
            let job = Job.write(segment, end: state.written, owned: owned)
            guard startsInCaller, state.channelIsFree else {
                state.waitingJob = job
                return (state.written, nil)
            }
            state.job = job
            return (
                state.written,
                state.transmission.begin(count: segment.count, style: .interruptDriven, hand: .caller)
            )
        }
        // A failure is kept for whoever waits for the write.
        if let action { _ = try? moveOn(from: action, by: .caller, of: segment) }
        return end
    }

    /// Obtains the write mutex unless the task holds it already, and starts a write from memory that nobody else has.
    ///
    /// - Returns: as `startWrite`; 0 for a write of nothing.
    @inline(__always)
    func startOwnedWrite(_ segment: Segment, _ timeout: Timeout) throws(PeripheralError) -> UInt64 {
        var heldBefore = false
        do {
            try obtainWriteMutex(timeout)
        } catch .refused(.mutexAlreadyHeld) {
            heldBefore = true
        }
        let end = try startWrite(segment, owned: true)
        guard segment.count == 0 else { return end }
        if !heldBefore { try releaseWriteMutex() }
        // It is over, and the outcome of the bytes before it is not its own.
        return 0
    }

    /// Blocks until everything up to `end` is off the wire or given up. False if the time was over first.
    func awaitCompletion(of end: UInt64, until deadline: MonotonicTime) -> Bool {
        // A peripheral that has ended may have the buffer still: only the end of the write itself gives that back.
        let isComplete = try? wait(for: .completion, until: deadline, outlastsPeripheral: true) { state -> Bool? in
            state.completed >= end ? true : nil
        }
        return isComplete ?? false
    }

    /// Blocks until all that was written so far is off the wire, without keeping the write mutex.
    func waitPreviousWriteComplete(_ timeout: Timeout) throws(PeripheralError) {
        let target = try update { (state) throws(PeripheralError) -> UInt64 in
            if state.transmitMode == .polled {
                throw .refused(.wrongMode("waiting for a write belongs to zero copy and the character queue"))
            }
            return state.written
        }
        let isComplete = try wait(for: .completion, until: timeout.deadline()) { state -> Bool? in
            state.completed >= target ? true : nil
        }
        guard isComplete != nil else { throw .timedOut }
        try update { (state) throws(PeripheralError) in
            if let error = state.keptFailure {
                state.keptFailure = nil
                throw error
            }
            if let error = state.ended { throw error }
        }
    }

    /// Blocks until the device has let go of an owned write's buffer, and answers how the write ended, told once.
    func awaitOutcome(ofWriteEndingAt end: UInt64) -> WriteOutcome {
        var outcome = WriteOutcome()
        let isComplete = try? wait(for: .completion, until: .never, outlastsPeripheral: true) { state -> Bool? in
            guard state.completed >= end else { return nil }
            outcome = state.takeOutcome(ofWriteEndingAt: end)
            return true
        }
        // Going on without would give back memory that the device may still read.
        precondition(isComplete == true, "only its end ends the wait for a write")
        return outcome
    }

    /// Ends an owned write before its time, unless it has ended; returns at once.
    func cancelWrite(endingAt end: UInt64) {
        let isInInterrupt = update { state -> Bool in
            if case .write(_, end, let owned) = state.waitingJob {
                state.waitingJob = nil
                state.finishWrite(end: end, owned: owned, ending: .cancelled, error: nil, at: nil)
                state.wakeFirst(waitingFor: .channel)
                return false
            }
            guard case .write(_, end, _) = state.job else { return false }
            return state.transmission.cancel()
        }
        if isInInterrupt { interruptRequest.signal() }
    }
}

extension EngineState {
    fileprivate mutating func takeOutcome(ofWriteEndingAt end: UInt64) -> WriteOutcome {
        let time = completed == end ? completedAt : nil
        guard let place = failures.firstIndex(where: { $0.end == end }) else {
            return WriteOutcome(error: nil, completedAt: time)
        }
        return WriteOutcome(error: failures.remove(at: place).error, completedAt: time)
    }

    func requireZeroCopy() throws(PeripheralError) {
        if let error = ended { throw error }
        guard transmitMode == .zeroCopy else {
            throw .refused(.wrongMode("the write mutex belongs to the zero-copy transfer mode: choose it first"))
        }
    }
}
