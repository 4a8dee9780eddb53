import CLinux
import Glibc
import Synchronization

/// Where one task sleeps: park and unpark, on a futex.
///
/// It holds at most one permit. `unpark` leaves one, `park` takes it or sleeps until there is one, so an `unpark` that
/// comes first is not lost. A permit may be left over from an earlier wait: whoever parks looks again at what it waits
/// for, and parks again if it is not there.
///
/// No system call is made unless somebody really sleeps.
struct ParkingPlace: @unchecked Sendable {
    private static let empty: UInt32 = 0
    private static let permit: UInt32 = 1
    private static let asleep: UInt32 = 2

    /// The atomic's address is the futex's. Never freed: a waker may still hold it when the task has gone on.
    private let word: UnsafeMutablePointer<Atomic<UInt32>>

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(Self.empty))
    }

    /// Blocks until there is a permit, and takes it. False if `deadline` came first.
    func park(until deadline: MonotonicTime) -> Bool {
        if word.pointee.exchange(Self.empty, ordering: .acquiring) == Self.permit { return true }
        guard
            word.pointee.compareExchange(
                expected: Self.empty, desired: Self.asleep, ordering: .acquiringAndReleasing
            ).exchanged
        else { return takePermit() }
        let address = UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
        while word.pointee.load(ordering: .acquiring) == Self.asleep {
            guard hil_futex_wait(address, Self.asleep, deadline.nanoseconds) == ETIMEDOUT else { continue }
            if word.pointee.compareExchange(
                expected: Self.asleep, desired: Self.empty, ordering: .acquiringAndReleasing
            ).exchanged {
                return false
            }
        }
        return takePermit()
    }

    /// Leaves a permit and wakes the task if it sleeps here. Any thread, interrupts too; never blocks.
    func unpark() {
        guard word.pointee.exchange(Self.permit, ordering: .acquiringAndReleasing) == Self.asleep else { return }
        hil_futex_wake_one(UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self))
    }

    private func takePermit() -> Bool {
        word.pointee.exchange(Self.empty, ordering: .acquiring) == Self.permit
    }
}
