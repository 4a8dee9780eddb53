// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of os.h.

import CFirmware
import RTOS

// Memory partitions.

extension os_mem: OSObject {
    static var kind: HandleKind<MemoryPool> { HandleKind(OSKindNumber.memory) }
    static var type: OS_OBJ_TYPE { OS_OBJ_TYPE_MEM }
}

extension UnsafeMutablePointer<OS_MEM> {
    fileprivate func show(_ pool: MemoryPool) {
        pointee.NbrFree = OS_MEM_QTY(clamping: pool.space)
        pointee.FreeListPtr = pool.nextAddress
    }
}

/// Of blocks and their memory: a pointer's on the parts that firmware is written for.
private let blockAlignment = 4

@c @implementation
public func OSMemCreate(
    _ p_mem: UnsafeMutablePointer<OS_MEM>?, _ p_name: UnsafeMutablePointer<CPU_CHAR>?,
    _ p_addr: UnsafeMutableRawPointer?, _ n_blks: OS_MEM_QTY, _ blk_size: OS_MEM_SIZE,
    _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        try OSCall.refuseInterrupt(OS_ERR_MEM_CREATE_ISR)
        let present = try p_mem.needed(or: OS_ERR_MEM_INVALID_P_MEM)
        guard let p_addr, UInt(bitPattern: p_addr) % UInt(blockAlignment) == 0 else {
            throw OSFailure(OS_ERR_MEM_INVALID_P_ADDR)
        }
        guard n_blks >= 2 else { throw OSFailure(OS_ERR_MEM_INVALID_BLKS) }
        guard blk_size >= blockAlignment, Int(blk_size) % blockAlignment == 0 else {
            throw OSFailure(OS_ERR_MEM_INVALID_SIZE)
        }
        if present.isCreated { throw OSFailure(OS_ERR_OBJ_CREATED) }
        let memory = UnsafeMutableRawBufferPointer(start: p_addr, count: Int(n_blks) * Int(blk_size))
        guard
            let pool = try? MemoryPool(
                blockSize: Int(blk_size), capacity: Int(n_blks), alignment: blockAlignment, storage: .caller(memory))
        else { throw OSFailure(OS_ERR_MEM_INVALID_P_ADDR) }
        present.pointee.NamePtr = p_name
        present.pointee.AddrPtr = p_addr
        present.pointee.BlkSize = blk_size
        present.pointee.NbrMax = n_blks
        present.pointee.NbrFree = n_blks
        present.pointee.FreeListPtr = p_addr
        present.create(pool)
    }
}

@c @implementation
public func OSMemGet(
    _ p_mem: UnsafeMutablePointer<OS_MEM>?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) -> UnsafeMutableRawPointer? {
    OSCall.run(p_err, nil) { () throws(OSFailure) in
        let present = try p_mem.needed(or: OS_ERR_MEM_INVALID_P_MEM)
        let pool = try present.primitive()
        guard let block = try? pool.takeAddress(.now) else { throw OSFailure(OS_ERR_MEM_NO_FREE_BLKS) }
        present.show(pool)
        return block
    }
}

@c @implementation
public func OSMemPut(
    _ p_mem: UnsafeMutablePointer<OS_MEM>?, _ p_blk: UnsafeMutableRawPointer?, _ p_err: UnsafeMutablePointer<OS_ERR>?
) {
    OSCall.run(p_err, ()) { () throws(OSFailure) in
        let present = try p_mem.needed(or: OS_ERR_MEM_INVALID_P_MEM)
        guard let p_blk else { throw OSFailure(OS_ERR_MEM_INVALID_P_BLK) }
        let pool = try present.primitive()
        guard pool.count > 0 else { throw OSFailure(OS_ERR_MEM_FULL) }
        do throws(MemoryPool.Failure) {
            try pool.giveBack(p_blk)
        } catch {
            // The original hands such a block out again.
            let problem =
                switch error {
                case .alreadyFree: "the block is free already: it was freed twice"
                case .misaligned: "the address is inside a block, not at its start"
                default: "the address is not in this partition"
                }
            Misuse.report("OSMemPut", problem)
            throw OSFailure(OS_ERR_MEM_INVALID_P_BLK)
        }
        present.show(pool)
    }
}
