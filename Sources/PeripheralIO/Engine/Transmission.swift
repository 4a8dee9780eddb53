/// What is on its way to the wire, as a plain value: how much of it the device has taken, who moves it on, and when it
/// is complete. It knows no pointer, no clock and no thread.
///
/// One thread at a time has it *in hand* and talks to the device: the caller that started it, or from then on the
/// interrupt (the completion thread). Whoever has it in hand tells it what the device answered and does what it says.
struct Transmission: Hashable, Sendable {
    /// Who talks to the device.
    enum Hand: Hashable, Sendable {
        /// The thread that called `write` or `read`.
        case caller
        /// The completion thread.
        case interrupt
    }

    enum Phase: Hashable, Sendable {
        case idle
        /// The device has not taken all of it.
        case sending(Hand)
        /// The device has all of it, and some may not have left yet.
        case draining(Hand)
    }

    /// How it ended.
    enum Ending: Hashable, Sendable {
        /// All of it is off the wire.
        case complete
        case cancelled
        case failed
    }

    /// What whoever has it in hand does next.
    enum Action: Hashable, Sendable {
        /// Offer the device the bytes from `offset` on.
        case send(offset: Int)
        /// Wait until the device has room, then send.
        case awaitRoom
        /// Ask the device whether all has left.
        case checkWire
        /// Ask again after this many nanoseconds, or when the device says so.
        case awaitWire(nanoseconds: UInt64)
        /// Leave the rest to the interrupt, and wake it.
        case handOver
        /// Make the device let go of the buffer, then report `deviceLetGo`.
        case abort
        /// Nothing: it has ended, and the buffer is its owner's again.
        case finish(Ending)
    }

    /// Whether the caller stays until the end, or leaves the rest to the interrupt.
    enum Style: Hashable, Sendable {
        case polled
        case interruptDriven
    }

    private(set) var phase = Phase.idle
    private(set) var count = 0
    /// How many bytes the device has taken.
    private(set) var accepted = 0
    private var style = Style.polled
    private(set) var isCancelled = false

    var isIdle: Bool { phase == .idle }

    /// Who has it in hand; nil when there is nothing to move.
    var hand: Hand? {
        switch phase {
        case .idle: nil
        case .sending(let hand), .draining(let hand): hand
        }
    }

    /// Something is to be sent. There must be nothing on its way.
    mutating func begin(count: Int, style: Style, hand: Hand) -> Action {
        precondition(isIdle && count > 0)
        self = Transmission()
        self.count = count
        self.style = style
        phase = .sending(hand)
        return .send(offset: 0)
    }

    /// More is to be sent behind what is on its way: a queue got longer.
    mutating func extend(by bytes: Int) {
        precondition(!isIdle && bytes >= 0)
        count += bytes
        if case .draining(let hand) = phase, bytes > 0 { phase = .sending(hand) }
    }

    /// What is next, for a hand that has just taken it over or comes back to it.
    ///
    /// - Parameter hasRoom: false where the device is not known to have got room since it last took less than all, as
    ///   when the caller has just handed over what it could not send: another attempt would be in vain.
    func next(hasRoom: Bool = true) -> Action {
        switch phase {
        case .idle: .finish(.complete)
        case _ where isCancelled: .abort
        case .sending: hasRoom ? .send(offset: accepted) : .awaitRoom
        case .draining: .checkWire
        }
    }

    /// The device took `bytes` of what was offered; fewer than all, or none, means that it has no room now.
    ///
    /// - Parameter offered: nil if that was all that is left.
    mutating func deviceAccepted(_ bytes: Int, of offered: Int? = nil) -> Action {
        guard case .sending(let hand) = phase else { return next() }
        precondition(bytes >= 0 && bytes <= count - accepted)
        accepted += bytes
        if accepted == count {
            phase = .draining(hand)
            return isCancelled ? .abort : .checkWire
        }
        if isCancelled { return .abort }
        if bytes == offered { return .send(offset: accepted) }
        // A device that takes a part is full. Whoever waits for room, rather than trying again, also sees what has come
        // in meanwhile.
        return waitOrHandOver(.awaitRoom, hand)
    }

    /// The device has work left on the wire for about this long.
    mutating func wireIsBusy(nanoseconds: UInt64) -> Action {
        guard case .draining(let hand) = phase else { return next() }
        if isCancelled { return .abort }
        return waitOrHandOver(.awaitWire(nanoseconds: nanoseconds), hand)
    }

    /// The last bit has left.
    mutating func wireIsIdle() -> Action {
        guard case .draining = phase else { return next() }
        return end(.complete)
    }

    /// The device failed or is gone, and has let go of the buffer.
    mutating func deviceFailed() -> Action {
        end(.failed)
    }

    /// Somebody wants it ended. Whoever has it in hand finds out at its next step. False if nothing is on its way.
    mutating func cancel() -> Bool {
        guard !isIdle else { return false }
        isCancelled = true
        return true
    }

    /// The device has let go of the buffer, as `abort` asked.
    mutating func deviceLetGo() -> Action {
        end(.cancelled)
    }

    private mutating func waitOrHandOver(_ wait: Action, _ hand: Hand) -> Action {
        guard hand == .caller, style == .interruptDriven else { return wait }
        switch phase {
        case .sending: phase = .sending(.interrupt)
        case .draining: phase = .draining(.interrupt)
        case .idle: break
        }
        return .handOver
    }

    private mutating func end(_ ending: Ending) -> Action {
        phase = .idle
        return .finish(ending)
    }
}
