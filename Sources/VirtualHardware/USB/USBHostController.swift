import CLinux
import Glibc
import RTOS

/// A virtual USB bus with a thread that keeps its time: sleeps until the bus has something to do, and tells the owners
/// of URBs of their ends.
///
/// In wall time, packets cross when their time has come; on a virtual clock, which it moves on itself, at once. Safe
/// to use from any thread.
public final class USBHostController<Device: USBDevice>: Sendable {
    private struct State {
        var bus: VirtualUSBBus<Device>
        var isStopping = false
    }

    private let state: Guarded<State>
    private let clock: HardwareClock
    private let event: Int32
    private let completed: @Sendable (URBCompletion) -> Void

    /// Starts the thread; `stop` ends it.
    ///
    /// - Parameter completed: called on the controller's thread for each URB that has ended; it may submit others.
    /// - Returns: nil if the machine has no descriptor left.
    public init?(
        _ device: Device, clock: HardwareClock = .wall, completed: @escaping @Sendable (URBCompletion) -> Void
    ) {
        event = hil_event_create()
        guard event >= 0 else { return nil }
        state = Guarded(State(bus: VirtualUSBBus(device)))
        self.clock = clock
        self.completed = completed
        RTOSThread.start(name: "hil usb host") { [self] in serve() }
    }

    deinit {
        if event >= 0 { close(event) }
    }

    /// Submits a URB; false if there is no such endpoint, or the controller has been stopped.
    public func submit(_ urb: URB) -> Bool {
        withBus { bus, now in bus.submit(urb, at: now) } ?? false
    }

    /// Takes a URB back: it completes as cancelled. False if it has ended.
    public func cancel(_ id: UInt64) -> Bool {
        withBus { bus, now in bus.cancel(id, at: now) } ?? false
    }

    /// Uses the bus as it is now: unplugs the device, changes what is wired to it, reads counters. nil once stopped.
    public func withBus<Result>(_ body: (inout VirtualUSBBus<Device>, MonotonicTime) -> Result) -> Result? {
        let result = state.withLock { state in
            state.isStopping ? nil : body(&state.bus, clock.now)
        }
        hil_event_signal(event)
        return result
    }

    /// Unplugs the device, which ends every URB, and lets the thread end once it has told so.
    public func stop() {
        state.withLock { state in
            state.bus.unplug(at: clock.now)
            state.isStopping = true
        }
        hil_event_signal(event)
    }

    private func serve() {
        var ended: [URBCompletion] = []
        while true {
            ended.removeAll(keepingCapacity: true)
            let (next, isLast) = state.withLock { state in
                state.bus.advance(to: clock.now) { ended.append($0) }
                return (state.bus.nextEventTime, state.isStopping)
            }
            for completion in ended { completed(completion) }
            guard ended.isEmpty else { continue }
            if isLast { return }
            sleep(until: next ?? .never)
        }
    }

    private func sleep(until time: MonotonicTime) {
        var deadline = time
        if case .virtual(let clock) = clock, time != .never {
            clock.advance(to: time)
            deadline = MonotonicTime(nanoseconds: 0)
        }
        var descriptor = pollfd(fd: event, events: Int16(POLLIN), revents: 0)
        if hil_poll(&descriptor, 1, deadline.nanoseconds) > 0 { hil_event_reset(event) }
    }
}
