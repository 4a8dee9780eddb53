/// A block of a memory pool, owned by whoever has the value.
///
/// It is noncopyable: sending it, or giving it back, ends the sender's use of it at compile time. Dropping it gives it
/// back. That is the rule that is easy to forget where blocks are pointers: once sent, the sender must not touch the
/// data.
///
/// A block may outlive its pool; the memory goes with the last of them. It may be given back on any thread, in an
/// interrupt too.
public struct MemoryBlock: ~Copyable, @unchecked Sendable {
    let core: UnsafeMutablePointer<PoolCore>

    /// Where the block is. Good for as long as the block is owned, whoever owns it.
    public let address: UnsafeMutableRawPointer

    /// Bytes of it that hold something, from the first on; for the use of those who pass it on. 0 at first.
    public var count = 0 {
        didSet { precondition(count >= 0 && count <= size, "a block of \(size) bytes cannot hold \(count)") }
    }

    @inline(__always)
    init(core: UnsafeMutablePointer<PoolCore>, address: UnsafeMutableRawPointer) {
        self.core = core
        self.address = address
    }

    @inline(__always)
    deinit {
        MemoryPool.giveBackOwned(address, to: core)
    }

    /// Bytes in the block.
    public var size: Int { core.pointee.ledger.blockSize }

    /// The whole block, to fill.
    public var memory: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: address, count: size)
    }

    /// The bytes that hold something, to read.
    public var bytes: RawSpan {
        @_lifetime(borrow self) borrowing get {
            _overrideLifetime(RawSpan(_unsafeStart: address, byteCount: count), borrowing: self)
        }
    }

    /// The whole block, to change.
    public var mutableBytes: MutableRawSpan {
        @_lifetime(&self) mutating get {
            _overrideLifetime(MutableRawSpan(_unsafeStart: address, byteCount: size), mutating: &self)
        }
    }

    /// Gives the block back to its pool.
    public consuming func giveBack() {}

    /// Gives up the ownership: from now on the block is its address, to be given back by `MemoryPool.giveBack` or owned
    /// again by `MemoryPool.adopt`.
    public consuming func release() -> UnsafeMutableRawPointer {
        let address = address
        discard self
        return address
    }
}
