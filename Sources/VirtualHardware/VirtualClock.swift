import RTOS

/// The time that virtual hardware lives in: the machine's own, or a virtual one in which waiting takes none.
public enum HardwareClock: Sendable {
    /// Bits take as long as the wire's clock says.
    case wall
    /// Time stands still but for those who wait, and jumps to what they wait for.
    case virtual(VirtualClock)
    /// A kernel's virtual ticks: bits take time, the whole of which repeats with the run.
    case kernel(KernelClock)

    public var now: MonotonicTime {
        switch self {
        case .wall: .now
        case .virtual(let clock): clock.now
        case .kernel(let clock): clock.now
        }
    }
}

/// The virtual time of a kernel's tasks. Until the kernel is started it moves when it is told to.
public final class KernelClock: Sendable {
    public let kernel: Kernel
    private let skipped = Guarded<UInt64>(0)

    /// - Parameter kernel: with virtual ticks.
    public init(_ kernel: Kernel) {
        self.kernel = kernel
    }

    public var now: MonotonicTime { kernel.now.advanced(byNanoseconds: skipped.withLock { $0 }) }

    /// The kernel's time at which this clock shows `instant`.
    public func kernelTime(of instant: MonotonicTime) -> MonotonicTime {
        guard instant != .never else { return .never }
        let skipped = skipped.withLock { $0 }
        return MonotonicTime(nanoseconds: instant.nanoseconds > skipped ? instant.nanoseconds - skipped : 0)
    }

    /// Moves on to `instant` without waiting for it: for a thread that is there before the kernel is started.
    public func skip(to instant: MonotonicTime) {
        let now = kernel.now.nanoseconds
        skipped.withLock { $0 = max($0, instant.nanoseconds > now ? instant.nanoseconds - now : 0) }
    }
}

/// A clock that moves only when it is told to. Safe to use from any thread.
public final class VirtualClock: Sendable {
    private let time: Guarded<MonotonicTime>

    public init(start: MonotonicTime = MonotonicTime(nanoseconds: 1)) {
        time = Guarded(start)
    }

    public var now: MonotonicTime { time.withLock { $0 } }

    /// Moves on to `instant`; never back.
    public func advance(to instant: MonotonicTime) {
        time.withLock { $0 = max($0, instant) }
    }
}
