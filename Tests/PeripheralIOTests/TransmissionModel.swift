@testable import PeripheralIO

/// One transmission after another, the threads that may have it in hand, and a device that answers as it likes.
struct TransmissionModel: ExplorableModel {
    enum Answer: Hashable {
        case accepted(Int)
        case wireIsBusy
        case wireIsIdle
        case letGo
        case failed
    }

    enum Event: Hashable {
        case begin(Transmission.Hand)
        /// A thread calls the device, which answers.
        case device(Answer)
        /// The thread tells the machine.
        case report
        /// The device has room, or time has passed; or the caller has woken the interrupt.
        case wake
        case extend
        case cancel
    }

    enum Hand: Hashable {
        case absent
        case next(Transmission.Action)
        case answered(Answer)
    }

    static let firstCount = 2
    static let longestCount = 4

    let style: Transmission.Style
    private(set) var machine = Transmission()
    /// The thread that has it in hand: only one at a time can be inside the device.
    private(set) var thread = Hand.absent
    private(set) var whose = Transmission.Hand.caller

    // The truth, kept by other means than the machine's.
    private(set) var isUnderWay = false
    private(set) var count = 0
    private(set) var taken = 0
    private(set) var deviceMayRead = false
    private(set) var isCancelled = false
    private(set) var endings: Set<Transmission.Ending> = []
    private var misdeed: String?

    init(style: Transmission.Style) {
        self.style = style
    }

    var possibleEvents: [Event] {
        guard isUnderWay else { return style == .polled ? [.begin(.caller)] : [.begin(.caller), .begin(.interrupt)] }
        var events: [Event] = [.cancel]
        if style == .interruptDriven, count < Self.longestCount { events.append(.extend) }
        switch thread {
        case .absent: events.append(.wake)
        case .answered: events.append(.report)
        case .next(.send): events += ((0...machine.count - taken).map { .accepted($0) } + [.failed]).map(Event.device)
        case .next(.checkWire): events += [.device(.wireIsBusy), .device(.wireIsIdle), .device(.failed)]
        case .next(.abort): events.append(.device(.letGo))
        case .next: break
        }
        return events
    }

    mutating func apply(_ event: Event) {
        switch event {
        case .begin(let hand):
            (isUnderWay, count, taken, isCancelled) = (true, Self.firstCount, 0, false)
            whose = hand
            follow(machine.begin(count: count, style: style, hand: hand))
        case .device(let answer): ask(answer)
        case .report: report()
        case .wake:
            if let hand = machine.hand { whose = hand }
            follow(machine.next())
        case .extend:
            count += 1
            machine.extend(by: 1)
        case .cancel:
            isCancelled = true
            expect(machine.cancel(), "it does not know that it is under way")
        }
    }

    private mutating func ask(_ answer: Answer) {
        expect(machine.hand == whose, "a thread talks to the device that does not have it in hand")
        if case .next(.send(let offset)) = thread { expect(offset == taken, "bytes are sent twice or left out") }
        switch answer {
        case .accepted(let bytes):
            taken += bytes
            if bytes > 0 { deviceMayRead = true }
        case .wireIsBusy: break
        case .wireIsIdle, .letGo, .failed: deviceMayRead = false
        }
        thread = .answered(answer)
    }

    private mutating func report() {
        guard case .answered(let answer) = thread else { return }
        switch answer {
        case .accepted(let bytes): follow(machine.deviceAccepted(bytes))
        case .wireIsBusy: follow(machine.wireIsBusy(nanoseconds: 1))
        case .wireIsIdle: follow(machine.wireIsIdle())
        case .letGo: follow(machine.deviceLetGo())
        case .failed: follow(machine.deviceFailed())
        }
    }

    private mutating func follow(_ action: Transmission.Action) {
        switch action {
        case .send, .checkWire, .abort:
            if action != .abort { expect(!isCancelled, "it goes on after it was cancelled") }
            thread = .next(action)
            return
        case .awaitRoom, .awaitWire:
            expect(!isCancelled, "it waits after it was cancelled")
            expect(whose == .interrupt || style == .polled, "it keeps a caller waiting")
        case .handOver:
            expect(whose == .caller && style == .interruptDriven, "it is handed over by whoever should go on")
            expect(machine.hand == .interrupt, "it is handed over to nobody")
        case .finish(let ending): finish(ending)
        }
        thread = .absent
    }

    private mutating func finish(_ ending: Transmission.Ending) {
        expect(!deviceMayRead, "the buffer is given back while the device may read it")
        switch ending {
        case .complete: expect(taken == count, "it is complete, but \(count - taken) bytes have not been taken")
        case .cancelled: expect(isCancelled, "nobody cancelled it")
        case .failed: expect(thread == .answered(.failed), "the device did not fail")
        }
        isUnderWay = false
        endings.insert(ending)
    }

    private mutating func expect(_ isRight: Bool, _ misdeed: String) {
        if !isRight { self.misdeed = self.misdeed ?? misdeed }
    }

    var violation: String? {
        if let misdeed { return misdeed }
        if machine.isIdle == isUnderWay { return "it does not know whether it is under way" }
        if deviceMayRead, !isUnderWay { return "the buffer was given back while the device may read it" }
        if style == .polled, machine.hand == .interrupt { return "a polled transfer has left its caller" }
        if isUnderWay, machine.count != count { return "it does not know how long it is" }
        return canEnd ? nil : "it never ends, however kind the device is"
    }

    /// Whether it ends when the device takes everything at once.
    private var canEnd: Bool {
        var model = self
        for _ in 0..<20 where model.isUnderWay {
            switch model.thread {
            case .absent: model.apply(.wake)
            case .answered: model.apply(.report)
            case .next(.send): model.apply(.device(.accepted(model.count - model.taken)))
            case .next(.checkWire): model.apply(.device(.wireIsIdle))
            case .next(.abort): model.apply(.device(.letGo))
            case .next: return false
            }
        }
        return !model.isUnderWay && model.misdeed == nil
    }
}
