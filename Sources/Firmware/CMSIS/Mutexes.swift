import CFirmware
import RTOS

// osMutex: one owner, which inherits priorities and frees what it holds when it ends.

final class CMSISMutex: CMSISObject, @unchecked Sendable {
    let mutex: RTOSMutex

    override init(_ block: ControlBlock) {
        mutex = RTOSMutex(isRecursive: block.bits & osMutexRecursive != 0)
        super.init(block)
    }

    func acquire(_ ticks: UInt32) -> osStatus_t {
        do {
            try mutex.acquire(CMSISCall.timeout(ticks))
            return osOK
        } catch {
            switch error {
            case .wouldBlock: return CMSISCall.nothingThere(ticks)
            case .timedOut, .aborted, .schedulerLocked: return osErrorTimeout
            case .deleted, .notOwner: return osErrorResource
            case .inInterrupt: return osErrorISR
            case .alreadyHeld: return Self.acquiredTwice(ticks)
            }
        }
    }

    func release() -> osStatus_t {
        do {
            try mutex.release()
            return osOK
        } catch {
            return osErrorResource
        }
    }

    /// Who waits for what it holds itself waits in vain.
    private static func acquiredTwice(_ ticks: UInt32) -> osStatus_t {
        guard ticks > 0 else { return osErrorResource }
        guard ticks != osWaitForever else {
            Misuse.report("osMutexAcquire", "the thread holds the mutex already: make it with osMutexRecursive")
            return osErrorResource
        }
        RTOSTask.delay(Timeout(rtosTicks: ticks))
        return osErrorTimeout
    }
}

extension HandleKind where Object == CMSISMutex {
    @inline(__always) static var osMutex: Self { Self(103) }
}

@c @implementation
public func osMutexNew(_ attr: UnsafePointer<osMutexAttr_t>?) -> UnsafeMutableRawPointer? {
    guard let block = ControlBlock(attr) else { return nil }
    return CMSISObject.identify(CMSISMutex(block), .osMutex, block)
}

@c @implementation
public func osMutexGetName(_ mutexId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(mutexId, .osMutex)
}

@c @implementation
public func osMutexAcquire(_ mutexId: UnsafeMutableRawPointer?, _ timeout: UInt32) -> osStatus_t {
    if CMSISCall.mustNotBlock("osMutexAcquire") { return osErrorISR }
    // Before the kernel runs there is no owner that it could have.
    guard hil_firmware_task_get() != nil else { return osError }
    return CMSISObject.with(mutexId, .osMutex, otherwise: osErrorParameter) { $0.acquire(timeout) }
}

@c @implementation
public func osMutexRelease(_ mutexId: UnsafeMutableRawPointer?) -> osStatus_t {
    if CMSISCall.isInterrupt { return osErrorISR }
    guard hil_firmware_task_get() != nil else { return osError }
    return CMSISObject.with(mutexId, .osMutex, otherwise: osErrorParameter) { $0.release() }
}

@c @implementation
public func osMutexGetOwner(_ mutexId: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if CMSISCall.isInterrupt { return nil }
    return CMSISObject.with(mutexId, .osMutex, otherwise: nil) { object in
        object.mutex.owner.flatMap { (FirmwareTask.of($0) as? CMSISThread)?.id }
    }
}

@c @implementation
public func osMutexDelete(_ mutexId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(mutexId, .osMutex) { $0.mutex.delete() }
}
