import RTOS

/// The shell around a peripheral's state: one lock, one device, one completion thread.
///
/// Every method takes the lock to change the state, lets it go, and only then talks to the device or wakes somebody.
final class TransferEngine: Sendable {
    let driver: any Driver
    let facts: DriverFacts
    let state: Guarded<EngineState>
    /// Rouses the completion thread.
    let interruptRequest: EventDescriptor
    /// They rouse the caller that waits in the device, for good once the peripheral is closed or lost.
    let transmitCallerSignal: EventDescriptor
    let receiveCallerSignal: EventDescriptor

    init(driver: any Driver) throws(PeripheralError) {
        self.driver = driver
        facts = driver.facts
        state = Guarded(EngineState(deviceKeepsMemory: driver.facts.keepsMemory))
        interruptRequest = try EventDescriptor()
        transmitCallerSignal = try EventDescriptor()
        receiveCallerSignal = try EventDescriptor()
    }

    // MARK: Waiting

    /// Changes the state, then wakes whoever that lets go on, and the completion thread if there is work for it.
    ///
    /// - Parameter isInterrupt: true in the completion thread, which looks for work by itself.
    func update<Result, Failure: Error>(
        inInterrupt isInterrupt: Bool = false,
        _ change: (inout EngineState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var hasConsequences = false
        let result: Result
        do {
            // What an interrupt changes, a task in a critical section does not see changing.
            if isInterrupt { CriticalSection.enter() }
            defer { if isInterrupt { CriticalSection.exit() } }
            result = try state.withLock { (state) throws(Failure) -> Result in
                let result = try change(&state)
                hasConsequences = state.hasTasksToWake || !isInterrupt && state.hasWorkForInterrupt
                return result
            }
        }
        if hasConsequences { wakeUp(inInterrupt: isInterrupt) }
        return result
    }

    private func wakeUp(inInterrupt isInterrupt: Bool) {
        while let task = state.withLock({ $0.nextToWake() }) { task.unpark() }
        if !isInterrupt, state.withLock({ $0.hasWorkForInterrupt }) { interruptRequest.signal() }
    }

    /// Blocks until `attempt` has a result. It is tried under the lock, first at once and then whenever the state
    /// has changed in the way that `reason` names.
    ///
    /// - Parameter outlastsPeripheral: true to wait on when the peripheral has ended, for something that its end brings,
    ///   and in an interrupt too.
    /// - Returns: nil if the time is over first.
    /// - Throws: what `attempt` throws, or why the peripheral has ended.
    @inline(__always)
    func wait<Result>(
        for reason: EngineState.WaitReason, until deadline: MonotonicTime, outlastsPeripheral: Bool = false,
        _ attempt: (inout EngineState) throws(PeripheralError) -> Result?
    ) throws(PeripheralError) -> Result? {
        // Mostly there is nothing to wait for, and then it does not matter who asks.
        if let result = try update(attempt) { return result }
        return try waitInQueue(for: reason, until: deadline, outlastsPeripheral: outlastsPeripheral, attempt)
    }

    @inline(never)
    private func waitInQueue<Result>(
        for reason: EngineState.WaitReason, until deadline: MonotonicTime, outlastsPeripheral: Bool,
        _ attempt: (inout EngineState) throws(PeripheralError) -> Result?
    ) throws(PeripheralError) -> Result? {
        let task = RTOSTask.current
        var isOver = deadline.nanoseconds == 0
        var isQueued = false
        while true {
            let result = try update { (state) throws(PeripheralError) -> Result? in
                do throws(PeripheralError) {
                    let result = try attempt(&state)
                    if result == nil, let error = state.ended, !outlastsPeripheral { throw error }
                    if result == nil, !isOver {
                        if InterruptContext.isActive, !outlastsPeripheral { throw .refused(.blockingCallInInterrupt) }
                        state.enqueue(task, for: reason)
                    } else if isQueued {
                        state.dequeue(task, for: reason)
                    }
                    return result
                } catch {
                    // Left in the queue, it would be woken in another's stead.
                    if isQueued { state.dequeue(task, for: reason) }
                    throw error
                }
            }
            if result != nil || isOver { return result }
            isQueued = true
            task.park(until: deadline)
            isOver = deadline != .never && Kernel.current.now >= deadline
        }
    }

    // MARK: Moving a transmission on

    /// Where a transmission stands when whoever has it in hand can do no more for now.
    enum Pause: Equatable {
        case awaitRoom
        case awaitWire(until: MonotonicTime)
        /// It is the interrupt's now.
        case handedOver
        /// All of it is off the wire.
        case complete
    }

    /// Moves the transmission on until it has to wait. Only for the thread that has it in hand.
    ///
    /// It is inlined, as is what it calls, down to the driver: every function that returns after a system call does so
    /// mispredicted.
    ///
    /// - Parameter segment: what the job sends, where the caller knows it; nil looks it up.
    /// - Throws: why it is over before all has left. Whoever waits for it has been told, and the buffer is free.
    @inline(__always)
    func moveOn(
        from first: Transmission.Action, by hand: Transmission.Hand, of segment: Segment? = nil
    ) throws(PeripheralError) -> Pause {
        let isInterrupt = hand == .interrupt
        var action = first
        while true {
            switch action {
            case .send(let offset):
                action = try send(segment, from: offset, isInterrupt)
            case .checkWire:
                action = try checkWire(isInterrupt)
            case .abort:
                driver.abort()
                action = update(inInterrupt: isInterrupt) { state in
                    state.finishing(state.transmission.deviceLetGo(), error: state.ended)
                }
            case .awaitRoom:
                if isInterrupt { try retire() }
                return .awaitRoom
            case .awaitWire(let nanoseconds):
                return .awaitWire(until: driver.now.advanced(byNanoseconds: nanoseconds))
            case .handOver:
                interruptRequest.signal()
                return .handedOver
            case .finish(.complete):
                return .complete
            case .finish:
                throw state.withLock { $0.ended } ?? .cancelled
            }
        }
    }

    @inline(__always)
    private func send(
        _ segment: Segment?, from offset: Int, _ isInterrupt: Bool
    ) throws(PeripheralError) -> Transmission.Action {
        guard let segment = segment?.dropFirst(offset) ?? state.withLock({ $0.segment(from: offset) }) else {
            return state.withLock { $0.transmission.next() }
        }
        let taken: Int
        do {
            taken = try driver.transmit(segment)
        } catch {
            throw failed(error, isInterrupt)
        }
        // Not captured with `self`, which would be retained for it.
        let hasWire = facts.hasWire
        let hasWallTime = facts.hasWallTime
        return update(inInterrupt: isInterrupt) { state in
            var action = state.deviceAccepted(taken, of: segment.count)
            // Where there is no wire, what the device has taken has left.
            if action == .checkWire, !hasWire { action = state.transmission.wireIsIdle() }
            return state.finishing(action, at: hasWallTime ? .now : nil)
        }
    }

    private func retire() throws(PeripheralError) {
        do {
            try retirePackets()
        } catch {
            throw failed(error, true)
        }
    }

    private func checkWire(_ isInterrupt: Bool) throws(PeripheralError) -> Transmission.Action {
        let wire: WireState
        do {
            wire = try driver.wireState()
        } catch {
            throw failed(error, isInterrupt)
        }
        let hasWallTime = facts.hasWallTime
        return update(inInterrupt: isInterrupt) { state in
            switch wire {
            case .idle(let since):
                state.finishing(state.transmission.wireIsIdle(), at: hasWallTime ? since ?? .now : nil)
            case .busy(let bytes, let nanoseconds):
                state.transmission.wireIsBusy(nanoseconds: state.retirePackets(left: bytes, in: nanoseconds))
            }
        }
    }

    /// The device failed: it lets go of the buffer, and if it is gone everything that waits ends.
    private func failed(_ error: PeripheralError, _ isInterrupt: Bool) -> PeripheralError {
        driver.abort()
        if case .deviceLost = error { end(with: error) }
        update(inInterrupt: isInterrupt) { state in
            _ = state.finishing(state.transmission.deviceFailed(), error: error)
        }
        return error
    }

    // MARK: Visiting

    /// Asks the device for something that is no transfer: it is not closed meanwhile.
    ///
    /// - Parameter prepare: changes the state first.
    /// - Throws: why the peripheral has ended.
    func visit<Result>(
        _ prepare: (inout EngineState) throws(PeripheralError) -> Void = { _ in },
        _ body: () throws(PeripheralError) -> Result
    ) throws(PeripheralError) -> Result {
        try update { (state) throws(PeripheralError) in
            if let error = state.ended { throw error }
            try prepare(&state)
            state.visitors += 1
        }
        defer {
            update {
                $0.visitors -= 1
                $0.wakeAll(waitingFor: .channel)
            }
        }
        return try body()
    }

    // MARK: Ending

    /// Ends everything that waits with this error, now and from now on.
    func end(with error: PeripheralError) {
        update { $0.end(with: error) }
        for side in Side.allCases { signal(for: side).signal() }
        interruptRequest.signal()
    }

    /// Waits until no caller is inside the device any more. After `end` that takes no longer than a call to it.
    func awaitCallers() {
        let task = RTOSTask.current
        while true {
            let isDone = state.withLock { state in
                let isQuiet = state.transmission.isIdle && state.receptionHand == nil
                if isQuiet, !state.isReserved, state.visitors == 0 { return true }
                state.enqueue(task, for: .channel)
                state.enqueue(task, for: .reception)
                return false
            }
            if isDone { break }
            task.park(until: .never)
        }
        state.withLock {
            $0.dequeue(task, for: .channel)
            $0.dequeue(task, for: .reception)
        }
    }
}
