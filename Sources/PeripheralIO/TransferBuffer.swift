import RTOS

/// Memory that a device can send from or receive into while nobody else touches it.
///
/// The memory must stay where it is for as long as the value lives, wherever the value itself is moved to. To conform,
/// a type owns its memory: it is noncopyable and frees the memory, if at all, in its `deinit`.
public protocol TransferMemory: ~Copyable {
    /// Where the memory is, and how long it is: the same for as long as the value is lent.
    var transferMemory: UnsafeMutableRawBufferPointer { get }
}

/// Bytes for a zero-copy transfer, owned by whoever has the value.
///
/// Starting a write consumes it, so that sent data cannot be touched: it would not compile. Waiting for the write gives
/// it back.
public struct TransferBuffer: TransferMemory, ~Copyable {
    public let transferMemory: UnsafeMutableRawBufferPointer

    /// A buffer of `count` zero bytes, aligned to a cache line.
    public init(count: Int) {
        precondition(count >= 0)
        transferMemory = .allocate(byteCount: count, alignment: 64)
        transferMemory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// A buffer with a copy of `bytes`.
    public init(copying bytes: RawSpan) {
        self.init(count: bytes.byteCount)
        bytes.withUnsafeBytes { transferMemory.copyMemory(from: $0) }
    }

    deinit {
        transferMemory.deallocate()
    }

    public var count: Int { transferMemory.count }

    /// The bytes, to read.
    public var bytes: RawSpan {
        @_lifetime(borrow self) borrowing get {
            _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(transferMemory)), borrowing: self)
        }
    }

    /// The bytes, to change.
    public var mutableBytes: MutableRawSpan {
        @_lifetime(&self) mutating get {
            _overrideLifetime(MutableRawSpan(_unsafeBytes: transferMemory), mutating: &self)
        }
    }
}

/// It owns its memory, so handing it to another thread hands the memory over.
extension TransferBuffer: @unchecked Sendable {}

/// A pool's block can be written directly: the bytes of it that hold something.
extension MemoryBlock: TransferMemory {
    public var transferMemory: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: address, count: count)
    }
}
