import CLinux

extension MemoryPool {
    /// Where a pool's blocks are.
    public enum Storage: @unchecked Sendable {
        /// Memory of the pool's own, below 4 GiB where the kernel has room there: firmware may keep a block's address in
        /// 32 bits.
        case heap
        /// The same in whole pages that the kernel never swaps out, so that no interrupt waits for a disk.
        case locked
        /// The caller's memory, aligned as the pool asks for and large enough for all blocks. It outlives the pool and
        /// every block of it. The pool keeps nothing of its own in it.
        case caller(UnsafeMutableRawBufferPointer)
        /// Whole pages from mmap(2), as a device's driver gives them for its transfers. They become the pool's, which
        /// unmaps them when the last of its blocks is back;
        /// where it could not be made they remain the caller's.
        case mapped(UnsafeMutableRawBufferPointer)
    }

    /// Why a pool could not be made.
    public enum CreationFailure: Error, Hashable, Sendable {
        /// No blocks, blocks of no size, or more than `BlockLedger.largestCapacity`.
        case badSize
        /// The caller's memory is not aligned, or too small.
        case unsuitableMemory
        case outOfMemory
        /// The kernel refuses to lock so much: a positive errno. Raise the limit of locked memory (`ulimit -l`).
        case notLocked(Int32)
    }
}

/// The memory under a pool's blocks, and how it is let go.
struct BlockMemory: ~Copyable, @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    private let mapped: Int

    init(_ storage: MemoryPool.Storage, size: Int, alignment: Int) throws(MemoryPool.CreationFailure) {
        switch storage {
        case .caller(let memory), .mapped(let memory):
            guard let base = memory.baseAddress, memory.count >= size,
                UInt(bitPattern: base) % UInt(alignment) == 0
            else { throw .unsuitableMemory }
            self.base = base
            mapped = if case .mapped = storage { memory.count } else { 0 }
        case .heap, .locked:
            guard let base = hil_memory_map(size) else { throw .outOfMemory }
            if case .locked = storage {
                let failure = hil_memory_lock(base, size)
                guard failure == 0 else {
                    hil_memory_unmap(base, size)
                    throw .notLocked(failure)
                }
            }
            self.base = base
            mapped = size
        }
    }

    deinit {
        if mapped > 0 { hil_memory_unmap(base, mapped) }
    }
}
