/// When a wait ends at the latest. Worked out at the first look, so that a call that need not wait reads no clock.
public struct Deadline {
    private let timeout: Timeout
    private var point: MonotonicTime?

    public init(_ timeout: Timeout) {
        self.timeout = timeout
    }

    /// The beginning of the kernel's tick `tick`.
    public init(atTick tick: UInt64) {
        timeout = .forever
        point = Kernel.current.time(ofTick: tick)
    }

    /// The same, counted from now: for a call that does something else before it waits.
    init(fromNow timeout: Timeout) {
        self.timeout = timeout
        if case .ticks = timeout { _ = time }
    }

    /// The caller does not want to wait at all.
    var isNow: Bool { timeout == .now }

    /// On the clock of the calling task's kernel.
    ///
    /// As on the target, n ticks end with the n-th tick from now: the first of them is already under way.
    var time: MonotonicTime {
        mutating get {
            if let point { return point }
            let point: MonotonicTime
            switch timeout {
            case .now: point = MonotonicTime(nanoseconds: 0)
            case .ticks(let ticks):
                point = TaskControlBlock.current.pointee.withKernel { kernel in
                    kernel.time(ofTick: kernel.tickCount &+ UInt64(ticks))
                }
            case .forever: point = .never
            }
            self.point = point
            return point
        }
    }
}
