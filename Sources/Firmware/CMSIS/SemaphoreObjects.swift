import CFirmware
import RTOS

// osSemaphore: tokens that any thread gives and takes.

final class CMSISSemaphore: CMSISObject, @unchecked Sendable {
    let semaphore: Semaphore

    init(_ block: ControlBlock, count: UInt32, limit: UInt32) {
        semaphore = Semaphore(count: count, limit: limit)
        super.init(block)
    }

    func acquire(_ ticks: UInt32) -> osStatus_t {
        do {
            try semaphore.take(CMSISCall.timeout(ticks))
            return osOK
        } catch {
            return switch error {
            case .wouldBlock: CMSISCall.nothingThere(ticks)
            case .timedOut, .aborted, .schedulerLocked: osErrorTimeout
            case .deleted, .full: osErrorResource
            case .inInterrupt: osErrorParameter
            }
        }
    }

    func release() -> osStatus_t {
        do {
            try semaphore.give()
            return osOK
        } catch {
            return osErrorResource
        }
    }
}

extension HandleKind where Object == CMSISSemaphore {
    @inline(__always) static var osSemaphore: Self { Self(104) }
}

@c @implementation
public func osSemaphoreNew(
    _ maxCount: UInt32, _ initialCount: UInt32, _ attr: UnsafePointer<osSemaphoreAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard maxCount > 0, initialCount <= maxCount, let block = ControlBlock(attr) else { return nil }
    let semaphore = CMSISSemaphore(block, count: initialCount, limit: maxCount)
    return CMSISObject.identify(semaphore, .osSemaphore, block)
}

@c @implementation
public func osSemaphoreGetName(_ semaphoreId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(semaphoreId, .osSemaphore)
}

@c @implementation
public func osSemaphoreAcquire(_ semaphoreId: UnsafeMutableRawPointer?, _ timeout: UInt32) -> osStatus_t {
    if CMSISCall.mustNotWait(timeout, "osSemaphoreAcquire") { return osErrorParameter }
    return CMSISObject.with(semaphoreId, .osSemaphore, otherwise: osErrorParameter) { $0.acquire(timeout) }
}

@c @implementation
public func osSemaphoreRelease(_ semaphoreId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.with(semaphoreId, .osSemaphore, otherwise: osErrorParameter) { $0.release() }
}

@c @implementation
public func osSemaphoreGetCount(_ semaphoreId: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(semaphoreId, .osSemaphore, otherwise: 0) { $0.semaphore.count }
}

@c @implementation
public func osSemaphoreDelete(_ semaphoreId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(semaphoreId, .osSemaphore) { $0.semaphore.delete() }
}
