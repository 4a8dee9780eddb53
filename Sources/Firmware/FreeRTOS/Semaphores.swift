import CFirmware
import RTOS

// Semaphores and mutexes are taken, and mutexes given back.

extension FreeRTOSQueue {
    /// Takes a token. True for pdPASS.
    func takeTokens(_ timeout: Timeout, _ call: StaticString) -> Bool {
        guard let tokens else {
            if timeout == .now, InterruptContext.isActive {
                Misuse.assertionFailed(call, "an interrupt cannot take a mutex")
            }
            return takeMutex(timeout, call)
        }
        do throws(Semaphore.Failure) {
            try tokens.take(timeout)
            return true
        } catch .schedulerLocked {
            Misuse.assertionFailed(call, "nobody can block while the scheduler is suspended")
            return false
        } catch {
            return false
        }
    }

    func takeMutex(_ timeout: Timeout, _ call: StaticString) -> Bool {
        guard let mutex else {
            Misuse.assertionFailed(call, "the handle is none of a mutex")
            return false
        }
        // Before the start there are no tasks that could have it.
        if FirmwareTask.current == nil, FirmwareKernel.phase == .inactive { return mutex.withhold() }
        do throws(RTOSMutex.Failure) {
            try mutex.acquire(timeout)
            return true
        } catch .alreadyHeld {
            return waitForItself(timeout, call)
        } catch .schedulerLocked {
            Misuse.assertionFailed(call, "nobody can block while the scheduler is suspended")
            return false
        } catch {
            return false
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
        guard let mutex else { return false }
        if mutex.giveWithheld() { return true }
        do throws(RTOSMutex.Failure) {
            try mutex.release()
            return true
        } catch .inInterrupt {
            // One that is free cannot be given; one that is held only its holder can give.
            if mutex.owner != nil { Misuse.assertionFailed(call, "an interrupt cannot give a mutex that a task holds") }
            return false
        } catch {
            if mutex.owner != nil { Misuse.assertionFailed(call, "a mutex is given by the task that holds it") }
            return false
        }
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
