import CFirmware
import RTOS

// osMemoryPool: blocks of one size.

final class CMSISMemoryPool: CMSISObject, @unchecked Sendable {
    let pool: MemoryPool

    init(_ block: ControlBlock, _ pool: MemoryPool) {
        self.pool = pool
        super.init(block)
    }

    func free(_ block: UnsafeMutableRawPointer) -> osStatus_t {
        do {
            try pool.giveBack(block)
            return osOK
        } catch {
            if error == .alreadyFree { Misuse.report("osMemoryPoolFree", "the block is free already") }
            return osErrorParameter
        }
    }
}

extension HandleKind where Object == CMSISMemoryPool {
    @inline(__always) static var osMemoryPool: Self { Self(105) }
}

@c @implementation
public func osMemoryPoolNew(
    _ blockCount: UInt32, _ blockSize: UInt32, _ attr: UnsafePointer<osMemoryPoolAttr_t>?
) -> UnsafeMutableRawPointer? {
    guard let needed = StorageSize.bytes(count: blockCount, size: blockSize), let block = ControlBlock(attr) else {
        return nil
    }
    var storage = MemoryPool.Storage.heap
    if let attributes = attr?.pointee {
        guard ControlBlock.accepts(attributes.mp_mem, attributes.mp_size, atLeast: needed) else { return nil }
        if let memory = attributes.mp_mem {
            storage = .caller(UnsafeMutableRawBufferPointer(start: memory, count: Int(attributes.mp_size)))
        }
    }
    guard
        let pool = try? MemoryPool(
            blockSize: Int(blockSize), capacity: Int(blockCount), alignment: 4, storage: storage)
    else { return nil }
    return CMSISObject.identify(CMSISMemoryPool(block, pool), .osMemoryPool, block)
}

/// What blocks and messages take up.
enum StorageSize {
    /// Bytes for so many of this size, each rounded up to a multiple of 4; nil for none, or more than 32 bits count.
    static func bytes(count: UInt32, size: UInt32) -> UInt64? {
        guard count > 0, size > 0 else { return nil }
        let bytes = UInt64(count) * ((UInt64(size) + 3) & ~3)
        return bytes <= UInt64(UInt32.max) ? bytes : nil
    }
}

@c @implementation
public func osMemoryPoolGetName(_ mpId: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    CMSISObject.name(mpId, .osMemoryPool)
}

@c @implementation
public func osMemoryPoolAlloc(_ mpId: UnsafeMutableRawPointer?, _ timeout: UInt32) -> UnsafeMutableRawPointer? {
    if CMSISCall.mustNotWait(timeout, "osMemoryPoolAlloc") { return nil }
    return CMSISObject.with(mpId, .osMemoryPool, otherwise: nil) { object in
        try? object.pool.takeAddress(CMSISCall.timeout(timeout))
    }
}

@c @implementation
public func osMemoryPoolFree(
    _ mpId: UnsafeMutableRawPointer?, _ block: UnsafeMutableRawPointer?
) -> osStatus_t {
    FirmwareKernel.switchIfDue()
    guard let block else { return osErrorParameter }
    return CMSISObject.with(mpId, .osMemoryPool, otherwise: osErrorParameter) { $0.free(block) }
}

@c @implementation
public func osMemoryPoolGetCapacity(_ mpId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mpId, .osMemoryPool, otherwise: 0) { UInt32($0.pool.capacity) }
}

@c @implementation
public func osMemoryPoolGetBlockSize(_ mpId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mpId, .osMemoryPool, otherwise: 0) { UInt32($0.pool.blockSize) }
}

@c @implementation
public func osMemoryPoolGetCount(_ mpId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mpId, .osMemoryPool, otherwise: 0) { UInt32($0.pool.count) }
}

@c @implementation
public func osMemoryPoolGetSpace(_ mpId: UnsafeMutableRawPointer?) -> UInt32 {
    FirmwareKernel.switchIfDue()
    return CMSISObject.with(mpId, .osMemoryPool, otherwise: 0) { UInt32($0.pool.space) }
}

@c @implementation
public func osMemoryPoolDelete(_ mpId: UnsafeMutableRawPointer?) -> osStatus_t {
    CMSISObject.delete(mpId, .osMemoryPool) { $0.pool.delete() }
}
