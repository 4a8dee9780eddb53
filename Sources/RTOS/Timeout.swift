/// How long a call may block, in ticks, as the RTOS interfaces have it.
public enum Timeout: Hashable, Sendable {
    /// Does not block at all.
    case now
    /// Blocks for at most this many ticks.
    case ticks(UInt32)
    /// Blocks until what is waited for happens, the object is deleted or the device is lost.
    case forever

    /// FreeRTOS's reading of a tick count: 0 does not block, `portMAX_DELAY` blocks for ever.
    public init(rtosTicks ticks: UInt32) {
        switch ticks {
        case 0: self = .now
        case .max: self = .forever
        default: self = .ticks(ticks)
        }
    }

    /// At least this many milliseconds.
    public static func milliseconds(_ milliseconds: UInt32) -> Timeout {
        let ticks = (UInt64(milliseconds) &* UInt64(Tick.perSecond) &+ 999) / 1000
        return Timeout(rtosTicks: UInt32(min(ticks, UInt64(UInt32.max - 1))))
    }

    /// The deadline of a wait that begins at `start`, on the clock of the calling task's kernel.
    public func deadline(from start: @autoclosure () -> MonotonicTime = Kernel.current.now) -> MonotonicTime {
        switch self {
        case .now: MonotonicTime(nanoseconds: 0)
        case .ticks(let ticks): start().advanced(byNanoseconds: UInt64(ticks) &* Tick.nanoseconds)
        case .forever: .never
        }
    }
}

/// The length of a tick.
public enum Tick {
    /// Ticks in a second: FreeRTOS's `configTICK_RATE_HZ`.
    public static let perSecond: UInt32 = 1000
    /// Nanoseconds in a tick.
    public static let nanoseconds: UInt64 = 1_000_000_000 / UInt64(perSecond)
}
