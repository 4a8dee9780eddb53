/// A value that one thread at a time may use, behind an `ObjectLock`.
///
/// Unlike the standard library's `Mutex` it is made of atomics that the thread sanitizer sees, so that a report is
/// about a real race. For a few instructions at a time; it has no owner and does not nest.
public struct Guarded<State: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let lock: UnsafeMutablePointer<ObjectLock>
    /// Memory of its own: a change of the state is no access to the lock.
    @usableFromInline let state: UnsafeMutablePointer<State>

    @inlinable
    public init(_ state: consuming sending State) {
        lock = .allocate(capacity: 1)
        lock.initialize(to: ObjectLock())
        self.state = .allocate(capacity: 1)
        self.state.initialize(to: state)
    }

    @inlinable
    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
        lock.deinitialize(count: 1)
        lock.deallocate()
    }

    /// Blocks while another thread is in it.
    @inlinable @inline(__always)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&state.pointee)
    }
}
