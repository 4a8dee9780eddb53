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
    _ max_count: UInt32, _ initial_count: UInt32, _ attr: UnsafePointer<osSemaphoreAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard max_count > 0, initial_count <= max_count, let block = ControlBlock(attr) else { return nil }
    let semaphore = CMSISSemaphore(block, count: initial_count, limit: max_count)
    return CMSISObject.identify(semaphore, .osSemaphore, block)
}

@c @implementation
public func osSemaphoreGetName(_ semaphore_id: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(semaphore_id, .osSemaphore)
}

@c @implementation
public func osSemaphoreAcquire(_ semaphore_id: UnsafeMutableRawPointer?, _ timeout: UInt32) -> osStatus_t {
    if CMSISCall.mustNotWait(timeout, "osSemaphoreAcquire") { return osErrorParameter }
    return CMSISObject.with(semaphore_id, .osSemaphore, otherwise: osErrorParameter) { $0.acquire(timeout) }
}

@c @implementation
public func osSemaphoreRelease(_ semaphore_id: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.with(semaphore_id, .osSemaphore, otherwise: osErrorParameter) { $0.release() }
}

@c @implementation
public func osSemaphoreGetCount(_ semaphore_id: UnsafeMutableRawPointer?) -> UInt32 {
    CMSISObject.with(semaphore_id, .osSemaphore, otherwise: 0) { $0.semaphore.count }
}

@c @implementation
public func osSemaphoreDelete(_ semaphore_id: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(semaphore_id, .osSemaphore) { $0.semaphore.delete() }
}
