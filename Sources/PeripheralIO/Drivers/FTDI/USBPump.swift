import RTOS
import VirtualHardware

/// Lets any number of threads wait for the transfers of one interface: one of them at a time reaps for all.
///
/// So a caller that waits for its own transfer needs no other thread to be told of its end.
final class USBPump: Sendable {
    private struct State {
        var isReaping = false
        /// And it has been called.
        var isCalled = false
        /// How often something has happened that a thread might wait for.
        var happenings: UInt64 = 0
        /// Threads that wait for the one that reaps.
        var followers = 0
        /// Their deadlines, in virtual time, which the one that reaps moves on.
        var deadlines: [MonotonicTime] = []
    }

    private let usb: any USBInterface
    private let state = Guarded(State())
    /// For the followers: something has ended, or somebody else has to reap.
    private let news: EventDescriptor
    /// For the one that reaps: what it waits for may have come about in another way.
    private let call: EventDescriptor
    /// Never signalled: for waits that only transfers and time end.
    let silence: EventDescriptor

    init(_ usb: any USBInterface) throws(PeripheralError) {
        self.usb = usb
        news = try EventDescriptor()
        call = try EventDescriptor()
        silence = try EventDescriptor()
    }

    /// What has happened so far: to be asked for before looking at what one waits for, and handed to `wait`.
    var moment: UInt64 { state.withLock { $0.happenings } }

    /// Sleeps until transfers have ended, `wake` is called, `deadline`, or a signal on `event`. May return early.
    ///
    /// - Parameters:
    ///   - moment: returns at once if something has happened since.
    ///   - ended: is told of the ends if it is this thread that reaps.
    /// - Returns: true if `event` was signalled.
    func wait(
        since moment: UInt64, until deadline: MonotonicTime, event: EventDescriptor, _ ended: (USBEnd) -> Void
    ) throws(PeripheralError) -> Bool {
        let reaps = state.withLock { state -> Bool? in
            guard state.happenings == moment else { return nil }
            if state.isReaping {
                state.followers += 1
                if isVirtual, deadline != .never {
                    state.deadlines.append(deadline)
                    call(&state)
                }
                return false
            }
            state.isReaping = true
            return true
        }
        guard let reaps else { return false }
        return reaps ? try reap(until: deadline, event, ended) : try follow(until: deadline, event)
    }

    private func reap(
        until deadline: MonotonicTime, _ event: EventDescriptor, _ ended: (USBEnd) -> Void
    ) throws(PeripheralError) -> Bool {
        var hasHappened = false
        defer {
            let isFollowed = state.withLock { state in
                if hasHappened { state.happenings &+= 1 }
                if state.isCalled { call.reset() }
                state.isReaping = false
                state.isCalled = false
                return state.followers > 0
            }
            if isFollowed { news.signal() }
        }
        let limit = isVirtual ? state.withLock { $0.deadlines.reduce(deadline, min) } : deadline
        return try usb.reap(until: limit, event: event, or: call) { end in
            hasHappened = true
            ended(end)
        }
    }

    private var isVirtual: Bool { if case .virtual = usb.clock { true } else { false } }

    /// Has the thread that reaps look again. In one step, or the call could outlive the wait that it was meant for.
    private func call(_ state: inout State) {
        guard state.isReaping, !state.isCalled else { return }
        state.isCalled = true
        call.signal()
    }

    private func follow(until deadline: MonotonicTime, _ event: EventDescriptor) throws(PeripheralError) -> Bool {
        defer {
            state.withLock { state in
                state.followers -= 1
                if let place = state.deadlines.firstIndex(of: deadline) { state.deadlines.remove(at: place) }
                // In one step, or it could take the news from one who has just come.
                if state.followers == 0 { news.reset() }
            }
        }
        // Virtual time is moved on by the thread that reaps.
        return try HardwareClock.wall.wait(until: isVirtual ? .never : deadline, event: event, or: news)
    }

    /// Has everybody who waits look again. Seldom needed.
    func wake() {
        let isFollowed = state.withLock { state in
            state.happenings &+= 1
            call(&state)
            return state.followers > 0
        }
        if isFollowed { news.signal() }
    }
}
