import RTOS
import Synchronization

/// The shell around a peripheral's state: one lock, one device, one completion thread.
///
/// Every method takes the lock to change the state, lets it go, and only then talks to the device or wakes somebody.
final class TransferEngine: Sendable {
    let driver: any Driver
    let facts: DriverFacts
    let state: Mutex<EngineState>
    /// Rouses the completion thread.
    let interruptRequest: EventDescriptor
    /// Signalled for good once the peripheral is closed or lost: rouses callers that wait in the device.
    let endSignal: EventDescriptor

    init(driver: any Driver) throws(PeripheralError) {
        self.driver = driver
        facts = driver.facts
        state = Mutex(EngineState(deviceKeepsMemory: driver.facts.keepsMemory))
        interruptRequest = try EventDescriptor()
        endSignal = try EventDescriptor()
    }

    // MARK: Waiting

    /// Changes the state, then wakes whoever that lets go on, and the completion thread if there is work for it.
    ///
    /// - Parameter isInterrupt: true in the completion thread, which looks for work by itself.
    func update<Result, Failure: Error>(
        inInterrupt isInterrupt: Bool = false,
        _ change: (inout EngineState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (result, next, interrupt) = try state.withLock { (state) throws(Failure) -> (Result, RTOSTask?, Bool) in
            let result = try change(&state)
            return (result, state.nextToWake(), !isInterrupt && state.hasWorkForInterrupt)
        }
        var task = next
        while let waiter = task {
            waiter.unpark()
            task = state.withLock { $0.nextToWake() }
        }
        if interrupt { interruptRequest.signal() }
        return result
    }

    /// Blocks until `attempt` has a result. It is tried under the lock, first at once and then whenever the state
    /// has changed in the way that `reason` names.
    ///
    /// - Parameter outlastsPeripheral: true to wait on when the peripheral has ended, for something that its end brings,
    ///   and in an interrupt too.
    /// - Returns: nil if the time is over first.
    /// - Throws: what `attempt` throws, or why the peripheral has ended.
    func wait<Result>(
        for reason: EngineState.WaitReason, until deadline: MonotonicTime, outlastsPeripheral: Bool = false,
        _ attempt: (inout EngineState) throws(PeripheralError) -> Result?
    ) throws(PeripheralError) -> Result? {
        let task = RTOSTask.current
        var isOver = deadline.nanoseconds == 0
        while true {
            let result = try update { (state) throws(PeripheralError) -> Result? in
                do throws(PeripheralError) {
                    let result = try attempt(&state)
                    if result == nil, let error = state.ended, !outlastsPeripheral { throw error }
                    if result == nil, !isOver {
                        if InterruptContext.isActive, !outlastsPeripheral { throw .refused(.blockingCallInInterrupt) }
                        state.enqueue(task, for: reason)
                    } else {
                        state.dequeue(task, for: reason)
                    }
                    return result
                } catch {
                    // Left in the queue, it would be woken in another's stead.
                    state.dequeue(task, for: reason)
                    throw error
                }
            }
            if result != nil || isOver { return result }
            task.park(until: deadline)
            isOver = deadline != .never && MonotonicTime.now >= deadline
        }
    }

    // MARK: Moving a transmission on

    /// Where a transmission stands when whoever has it in hand can do no more for now.
    enum Pause: Equatable {
        case awaitRoom
        case awaitWire(until: MonotonicTime)
        /// It is the interrupt's now.
        case handedOver
        case finished(Transmission.Ending, PeripheralError?)
    }

    /// Moves the transmission on until it has to wait. Only for the thread that has it in hand.
    func moveOn(from first: Transmission.Action, by hand: Transmission.Hand) -> Pause {
        let isInterrupt = hand == .interrupt
        var action = first
        var failure: PeripheralError?
        while true {
            switch action {
            case .send(let offset):
                action = send(from: offset, isInterrupt, &failure)
            case .checkWire:
                action = checkWire(isInterrupt, &failure)
            case .abort:
                driver.abort()
                action = update(inInterrupt: isInterrupt) {
                    finish($0.transmission.deviceLetGo(), error: $0.ended, in: &$0)
                }
            case .awaitRoom:
                return .awaitRoom
            case .awaitWire(let nanoseconds):
                return .awaitWire(until: MonotonicTime.now.advanced(byNanoseconds: nanoseconds))
            case .handOver:
                interruptRequest.signal()
                return .handedOver
            case .finish(let ending):
                let error = ending == .complete ? nil : failure ?? state.withLock { $0.ended }
                return .finished(ending, error)
            }
        }
    }

    private func send(
        from offset: Int, _ isInterrupt: Bool, _ failure: inout PeripheralError?
    ) -> Transmission.Action {
        guard let segment = state.withLock({ $0.segment(from: offset) }) else {
            return state.withLock { $0.transmission.next() }
        }
        do {
            let taken = try driver.transmit(segment)
            return update(inInterrupt: isInterrupt) { state in
                var action = state.deviceAccepted(taken)
                // Where there is no wire, what the device has taken has left.
                if action == .checkWire, !facts.hasWire { action = state.transmission.wireIsIdle() }
                return finish(action, error: nil, in: &state)
            }
        } catch {
            failure = error
            return fail(error, isInterrupt)
        }
    }

    private func checkWire(_ isInterrupt: Bool, _ failure: inout PeripheralError?) -> Transmission.Action {
        do {
            switch try driver.wireState() {
            case .idle(let since):
                return update(inInterrupt: isInterrupt) {
                    finish($0.transmission.wireIsIdle(), error: nil, at: since, in: &$0)
                }
            case .busy(let nanoseconds):
                return update(inInterrupt: isInterrupt) { $0.transmission.wireIsBusy(nanoseconds: nanoseconds) }
            }
        } catch {
            failure = error
            return fail(error, isInterrupt)
        }
    }

    /// The device failed: it lets go of the buffer, and if it is gone everything that waits ends.
    private func fail(_ error: PeripheralError, _ isInterrupt: Bool) -> Transmission.Action {
        driver.abort()
        if case .deviceLost = error { end(with: error) }
        return update(inInterrupt: isInterrupt) { finish($0.transmission.deviceFailed(), error: error, in: &$0) }
    }

    private func finish(
        _ action: Transmission.Action, error: PeripheralError?, at time: MonotonicTime? = nil,
        in state: inout EngineState
    ) -> Transmission.Action {
        if case .finish(let ending) = action {
            state.finishJob(ending, error: error, at: facts.hasWallTime ? time ?? .now : nil)
        }
        return action
    }

    // MARK: Ending

    /// Ends everything that waits with this error, now and from now on.
    func end(with error: PeripheralError) {
        update { $0.end(with: error) }
        endSignal.signal()
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
