import CFirmware
import RTOS

// Semaphores and mutexes are taken, and mutexes given back.

/// What a call throws; nil if it does not.
@inline(__always)
private func caught<Failure: Error>(of call: () throws(Failure) -> Void) -> Failure? {
    do throws(Failure) {
        try call()
        return nil
    } catch {
        return error
    }
}

extension FreeRTOSQueue {
    /// Takes a token. True for pdPASS.
    func takeTokens(_ timeout: Timeout, _ call: StaticString) -> Bool {
        guard let tokensReference else {
            if timeout == .now, InterruptContext.isActive {
                Misuse.assertionFailed(call, "an interrupt cannot take a mutex")
            }
            return takeMutex(timeout, call)
        }
        let rounds = WaitRounds(timeout, mayWait: true)
        var round = timeout
        while true {
            switch tokensReference._withUnsafeGuaranteedRef({ tokens in
                caught { () throws(Semaphore.Failure) in try tokens.take(round) }
            }) {
            case nil: return true
            case .aborted where FreeRTOSTask.mustWaitAgain: round = rounds.rest
            case .schedulerLocked:
                Misuse.assertionFailed(call, "nobody can block while the scheduler is suspended")
                return false
            default: return false
            }
        }
    }

    func takeMutex(_ timeout: Timeout, _ call: StaticString) -> Bool {
        guard let mutexReference else {
            Misuse.assertionFailed(call, "the handle is none of a mutex")
            return false
        }
        // Before the start there are no tasks that could have it.
        if hil_firmware_task_get() == nil, FirmwareKernel.phase == .inactive {
            return mutexReference._withUnsafeGuaranteedRef { $0.withhold() }
        }
        let rounds = WaitRounds(timeout, mayWait: true)
        var round = timeout
        while true {
            switch mutexReference._withUnsafeGuaranteedRef({ mutex in
                caught { () throws(RTOSMutex.Failure) in try mutex.acquire(round) }
            }) {
            case nil:
                if wasGivenByInterrupt.load(ordering: .relaxed) {
                    wasGivenByInterrupt.store(false, ordering: .relaxed)
                }
                return true
            case .aborted where FreeRTOSTask.mustWaitAgain: round = rounds.rest
            case .alreadyHeld: return waitForItself(timeout, call)
            case .schedulerLocked:
                Misuse.assertionFailed(call, "nobody can block while the scheduler is suspended")
                return false
            default: return false
            }
        }
    }

    /// The holder waits for its own mutex, which nobody will give: in vain for as long as it wants to.
    private func waitForItself(_ timeout: Timeout, _ call: StaticString) -> Bool {
        switch timeout {
        case .now: break
        case .ticks: RTOSTask.delay(timeout)
        case .forever:
            Misuse.assertionFailed(call, "this task holds the mutex already, and would wait for itself for ever")
        }
        return false
    }

    /// True for pdPASS.
    func giveMutex(_ call: StaticString) -> Bool {
        guard let mutexReference else { return false }
        let failure = mutexReference._withUnsafeGuaranteedRef { mutex in
            caught { () throws(RTOSMutex.Failure) in try mutex.release() }
        }
        return failure.map { giveAnyway(mutexReference.takeUnretainedValue(), $0, call) } ?? true
    }

    /// Its holder did not give it: it may be nobody's, and one that is free cannot be given.
    private func giveAnyway(_ mutex: RTOSMutex, _ failure: RTOSMutex.Failure, _ call: StaticString) -> Bool {
        if mutex.giveWithheld() {
            wasGivenByInterrupt.store(failure == .inInterrupt, ordering: .relaxed)
            return true
        }
        // In the original it is not held, but full, until the task to which it was given runs.
        if failure == .inInterrupt, wasGivenByInterrupt.load(ordering: .relaxed) { return false }
        if mutex.owner != nil {
            Misuse.assertionFailed(
                call,
                failure == .inInterrupt
                    ? "an interrupt cannot give a mutex that a task holds"
                    : "a mutex is given by the task that holds it")
        }
        return false
    }
}

@c @implementation
public func xQueueSemaphoreTake(_ xQueue: OpaquePointer?, _ xTicksToWait: UInt32) -> Int {
    guard let queue = FreeRTOSQueue.of(xQueue, "xSemaphoreTake") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xSemaphoreTake")
    return queue._withUnsafeGuaranteedRef { queue in
        guard queue.messages == nil else {
            Misuse.assertionFailed("xSemaphoreTake", "the handle is of a queue of items: receive from it")
            return 0
        }
        return queue.takeTokens(timeout, "xSemaphoreTake") ? 1 : 0
    }
}

@c @implementation
public func xQueueTakeMutexRecursive(_ xMutex: OpaquePointer?, _ xTicksToWait: UInt32) -> Int {
    guard let queue = FreeRTOSQueue.of(xMutex, "xSemaphoreTakeRecursive") else { return 0 }
    let timeout = BlockTime.timeout(xTicksToWait, "xSemaphoreTakeRecursive")
    return queue._withUnsafeGuaranteedRef { $0.takeMutex(timeout, "xSemaphoreTakeRecursive") } ? 1 : 0
}

@c @implementation
public func xQueueGiveMutexRecursive(_ xMutex: OpaquePointer?) -> Int {
    guard let queue = FreeRTOSQueue.of(xMutex, "xSemaphoreGiveRecursive")?.takeUnretainedValue() else { return 0 }
    // Another's is refused without more ado, as in the original.
    return queue.mutex.map { (try? $0.release()) != nil } ?? false ? 1 : 0
}

@c @implementation
public func xQueueGetMutexHolder(_ xSemaphore: OpaquePointer?) -> OpaquePointer? {
    guard let queue = FreeRTOSQueue.of(xSemaphore, "xSemaphoreGetMutexHolder")?.takeUnretainedValue(),
        let owner = queue.mutex?.owner
    else { return nil }
    return (FirmwareTask.of(owner) as? FreeRTOSTask)?.handle
}

@c @implementation
public func xQueueGetMutexHolderFromISR(_ xSemaphore: OpaquePointer?) -> OpaquePointer? {
    xQueueGetMutexHolder(xSemaphore)
}
