import CLinux
import Glibc
import Synchronization

/// The short lock of one object: a word in the object's own memory, a futex when somebody has to wait for it.
///
/// Held for tens of nanoseconds, never across a system call, and never while its holder waits.
///
/// Its fast paths are inlined into the modules that use it: a call across a module's boundary costs as much as they do.
@usableFromInline
struct ObjectLock: ~Copyable, Sendable {
    @usableFromInline static var free: UInt32 { @inlinable get { 0 } }
    @usableFromInline static var held: UInt32 { @inlinable get { 1 } }
    /// Held, and somebody sleeps until it is free.
    @usableFromInline static var contended: UInt32 { @inlinable get { 2 } }

    @usableFromInline let word: Atomic<UInt32>

    @inlinable
    init() {
        word = Atomic(Self.free)
    }

    /// On one processor a spin only delays the holder.
    private static let spins = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 60 : 0

    /// Whether a failed attempt to take the lock was followed by success within a short spin.
    fileprivate borrowing func spin() -> Bool {
        for _ in 0..<Self.spins {
            if word.load(ordering: .relaxed) == Self.free, takeIfFree() { return true }
            hil_pause()
        }
        return false
    }

    @inlinable @inline(__always)
    borrowing func takeIfFree() -> Bool {
        word.compareExchange(expected: Self.free, desired: Self.held, ordering: .acquiring).exchanged
    }
}

extension UnsafeMutablePointer<ObjectLock> {
    /// Takes the lock. Its memory must stay where it is.
    @inlinable @inline(__always)
    func lock() {
        if !pointee.takeIfFree() { lockContended() }
    }

    @inlinable @inline(__always)
    func unlock() {
        if pointee.word.exchange(ObjectLock.free, ordering: .releasing) == ObjectLock.contended { wakeNext() }
    }

    @usableFromInline @inline(never)
    func lockContended() {
        if pointee.spin() { return }
        while pointee.word.exchange(ObjectLock.contended, ordering: .acquiring) != ObjectLock.free {
            _ = hil_futex_wait(futex, ObjectLock.contended, UInt64.max)
        }
    }

    @usableFromInline @inline(never)
    func wakeNext() {
        hil_futex_wake_one(futex)
    }

    private var futex: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt32.self)
    }
}
