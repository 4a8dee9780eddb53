import RTOS

/// The time that virtual hardware lives in: the machine's own, or a virtual one in which waiting takes none.
public enum HardwareClock: Sendable {
    /// Bits take as long as the wire's clock says.
    case wall
    /// Time stands still but for those who wait, and jumps to what they wait for.
    case virtual(VirtualClock)

    public var now: MonotonicTime {
        switch self {
        case .wall: .now
        case .virtual(let clock): clock.now
        }
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
