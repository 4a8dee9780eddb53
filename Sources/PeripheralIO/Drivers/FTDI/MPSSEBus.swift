import Glibc
import RTOS
import VirtualHardware

/// One interface of an FTDI chip in MPSSE mode: the SPI bus and the pins that its users share.
///
/// A user is a device on a chip select of its own, or whoever uses the pins that are left. The shell around
/// `MPSSEStream`: one lock, which is never held while USB is talked to.
final class MPSSEBus: Sendable {
    let usb: any USBInterface
    private let pump: USBPump
    let stream: Guarded<MPSSEStream>
    /// For what is said to the chip while the bus is quiet.
    private nonisolated(unsafe) let commands: UnsafeMutableRawBufferPointer
    private let loops: Bool

    private struct Users {
        var count = 0
        var next = 0
        var chipSelects: UInt16 = 0
        /// The chip has to be set up before it can be used.
        var needsSetup = false
        var isClosed = false
    }

    private let users = Guarded(Users())

    /// Sets the chip up, which takes some milliseconds.
    ///
    /// - Parameter loops: connects MOSI to MISO inside the chip.
    /// - Throws: what USB failed with; `timedOut` if the chip does not answer. The interface has been closed then.
    init(_ usb: any USBInterface, loops: Bool = false) throws(PeripheralError) {
        self.usb = usb
        self.loops = loops
        commands = .allocate(byteCount: SPIProgram.commandCapacity, alignment: 64)
        let memory = USBSlotMemory(
            packetSize: usb.packetSize, inputs: MPSSEStream.inDepth, inputLength: MPSSEStream.inLength)
        var stream = MPSSEStream(name: usb.name, memory: memory, packetSize: usb.packetSize)
        stream.pins = MPSSEPins(
            levels: MPSSEPins.dataOut, outputs: MPSSEPins.clock | MPSSEPins.dataOut)
        self.stream = Guarded(stream)
        do {
            pump = try USBPump(usb)
        } catch {
            usb.close()
            throw error
        }
        do {
            try setUp()
        } catch {
            reclaim()
            usb.close()
            throw error
        }
    }

    deinit {
        commands.deallocate()
    }

    // MARK: Users

    /// Adds a user, with its chip select if it has one, which is at rest from now on.
    ///
    /// - Throws: `busy` if the pin is in use; `closed` if the bus has been.
    func join(chipSelect: UInt16, activeHigh: Bool) throws(PeripheralError) -> Int {
        let user = try users.withLock { (users) throws(PeripheralError) -> Int? in
            if users.isClosed { throw .closed }
            guard users.chipSelects & chipSelect == 0 else { return nil }
            users.chipSelects |= chipSelect
            users.count += 1
            users.next += 1
            return users.next
        }
        guard let user else { throw .busy("\(usb.name): chip select", holder: .thisProcess) }
        guard chipSelect != 0 else { return user }
        stream.withLock { stream in
            stream.pins.set(chipSelect, to: !activeHigh)
            stream.pins.outputs |= chipSelect
        }
        do {
            // Where the bus is busy, the next transfer tells the chip.
            _ = try quietly(as: user, mayWait: false) { () throws(PeripheralError) in try tellPins() }
        } catch {
            leave(user, chipSelect: chipSelect)
            throw error
        }
        return user
    }

    /// Removes a user; the last one closes the bus. None of its transfers is under way.
    func leave(_ user: Int, chipSelect: UInt16) {
        stream.withLock { $0.withTurns { turns, _, _ in turns.leave(user) } }
        let isLast = users.withLock { users in
            users.chipSelects &= ~chipSelect
            users.count -= 1
            users.isClosed = users.count == 0
            return users.isClosed
        }
        isLast ? shut() : pump.wake()
    }

    /// Closes the bus if nobody ever joined it.
    func closeIfUnused() {
        let isUnused = users.withLock { users in
            guard !users.isClosed, users.count == 0 else { return false }
            users.isClosed = true
            return true
        }
        if isUnused { shut() }
    }

    private func shut() {
        reclaim()
        // The pins float again, as they do after a reset.
        _ = try? control(.setBitMode(.uart, usb.index))
        reclaim()
        usb.close()
    }

    /// Pins that users have as chip selects.
    var chipSelects: UInt16 { users.withLock { $0.chipSelects } }

    /// True once the last user has left.
    var isClosed: Bool { users.withLock { $0.isClosed } }

    // MARK: Transfers

    /// Takes a transfer; false if it is not the user's turn, or there is no room.
    ///
    /// - Parameter isFollowed: more comes at once, so that this one need not be submitted yet: the next one that is not
    ///   followed, or a wait, does it.
    func take(
        _ segment: Segment, for user: Int, clock: MPSSEClock, holds: Bool, isFollowed: Bool,
        _ program: (inout MPSSEPins, MPSSEClock?) -> SPIProgram
    ) throws(PeripheralError) -> Bool {
        guard try isSetUp(for: user) else { return false }
        let now = usb.clock.now
        let isTaken = try stream.withLock { (stream) throws(PeripheralError) in
            if let failure = stream.failure(of: user) { throw failure }
            let isTaken = stream.take(segment, for: user, clock: clock, at: now, program)
            if isTaken { stream.withTurns { turns, _, _ in turns.hold(user, holds) } }
            return isTaken
        }
        guard isTaken else { return false }
        if isFollowed { return true }
        submit()
        if let failure = stream.withLock({ $0.failure(of: user) }) { throw failure }
        return true
    }

    /// Sets the chip up again if it has to be after a failure; false if another user is at that.
    private func isSetUp(for user: Int) throws(PeripheralError) -> Bool {
        guard users.withLock({ $0.needsSetup }) else { return true }
        let isMine = stream.withLock { stream in
            stream.withTurns { turns, isEmpty, _ in
                guard turns.take(user, isEmpty: isEmpty) else { return false }
                turns.seize(user)
                return true
            }
        }
        guard isMine else { return false }
        defer { stream.withLock { $0.withTurns { turns, _, _ in turns.leave(user) } } }
        do {
            try setUp()
        } catch {
            reclaim()
            throw error
        }
        return true
    }

    /// Whether all that the user gave is off the wire.
    func wireState(of user: Int) throws(PeripheralError) -> WireState {
        let now = usb.clock.now
        return try stream.withLock { (stream) throws(PeripheralError) in
            if let failure = stream.failure(of: user) { throw failure }
            guard stream.turns.owner == user, !stream.isEmpty else { return .idle(since: stream.finishedAt) }
            let end = stream.patienceEnd
            if end <= now {
                stream.fail(.timedOut)
                throw .timedOut
            }
            return .busy(bytes: stream.bytesLeft, nanoseconds: end == .never ? .max : end.nanoseconds(since: now))
        }
    }

    /// Sleeps as `Driver.wait` says.
    func wait(
        for interests: Readiness, user: Int, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        guard !interests.isDisjoint(with: [.wire, .room]) else {
            return try usb.watch(until: deadline, event: event) ? .event : []
        }
        var completions: UInt64?
        while true {
            let moment = pump.moment
            let now = usb.clock.now
            let (ready, limit, isOver) = stream.withLock { stream in
                let isMine = stream.turns.owner == user
                var ready: Readiness = []
                // Whoever asks next is told of a failure.
                let hasFailed = stream.failure(of: user) != nil
                if !isMine || stream.isEmpty || hasFailed { ready.insert(.wire) }
                if hasFailed || stream.hasRoom && stream.isTurn(of: user) { ready.insert(.room) }
                let hasMoved = completions.map { $0 != stream.completions } ?? false
                completions = stream.completions
                return (ready.intersection(interests), stream.patienceEnd, hasMoved)
            }
            if !ready.isEmpty || isOver || limit <= now || deadline <= now { return ready }
            submit()
            // Virtual time must not go on while another thread is about to submit.
            if case .virtual = usb.clock, stream.withLock({ $0.isSubmitting }) {
                sched_yield()
                continue
            }
            if try pump.wait(since: moment, until: min(deadline, limit), event: event, ended) { return .event }
        }
    }

    /// Sleeps for some time, in which the bus goes on.
    func pause(until time: MonotonicTime) throws(PeripheralError) {
        _ = try pump.wait(since: pump.moment, until: time, event: pump.silence, ended)
    }

    private func ended(_ end: USBEnd) {
        let now = usb.clock.now
        stream.withLock { $0.ended(end, at: now) }
    }

    /// Submits what there is, unless another thread is at it.
    private func submit() {
        guard stream.withLock({ $0.beginSubmitting() }) else { return }
        while let next = stream.withLock({ $0.nextSubmission() }) {
            do {
                try usb.submit(next.transfer, slot: next.slot)
            } catch {
                stream.withLock { $0.refused(next.slot, error) }
            }
        }
    }

    /// The user no longer holds chip select.
    func letGo(_ user: Int) {
        stream.withLock { stream in
            stream.withTurns { turns, isEmpty, _ in
                turns.hold(user, false)
                if isEmpty { turns.drained() }
            }
        }
        pump.wake()
    }

    // MARK: Ending

    /// Takes the user's transfers back and sets the chip up anew, so that chip select is released and what comes next
    /// begins where the chip expects it.
    func abort(_ user: Int) {
        let mustReset = stream.withLock { stream in
            stream.withTurns { turns, isEmpty, failed in
                let isOthers = turns.owner != nil && turns.owner != user
                let isQuiet = isEmpty && !failed && !(turns.owner == user && turns.isHeld)
                if isOthers || isQuiet { turns.leave(user) } else { turns.seize(user) }
                return !isOthers && !isQuiet
            }
        }
        guard mustReset else { return }
        reclaim()
        do {
            try setUp()
        } catch {
            // The next transfer tries again, and says so.
            reclaim()
        }
        stream.withLock { $0.withTurns { turns, _, _ in turns.leave(user) } }
        pump.wake()
    }

    /// Takes every transfer back, and returns when the device has let go of all memory.
    func reclaim() {
        let hasStalled = stream.withLock { stream in
            stream.fail(.cancelled)
            return stream.hasStalled
        }
        for slot in 0..<USBSlots.count { usb.cancel(slot: slot) }
        while true {
            let moment = pump.moment
            guard stream.withLock({ $0.slotsUnderWay > 0 }) else { break }
            // A cancelled transfer ends at once.
            _ = try? pump.wait(
                since: moment, until: usb.clock.now.advanced(byNanoseconds: 10_000_000), event: pump.silence, ended)
        }
        let isLost = stream.withLock { stream in
            stream.clear()
            return stream.isLost
        }
        users.withLock { $0.needsSetup = !isLost }
        if hasStalled, !isLost { try? usb.clearHalts() }
    }

    // MARK: While the bus is quiet

    /// Uses the bus alone: no transfer is on it.
    ///
    /// - Returns: nil if it is not the user's turn now, and the user will not wait.
    func quietly<Result>(
        as user: Int, mayWait: Bool = true, _ body: () throws(PeripheralError) -> Result
    ) throws(PeripheralError) -> Result? {
        var wasHeld: Bool?
        while true {
            let isReady = try isSetUp(for: user)
            wasHeld = try stream.withLock { (stream) throws(PeripheralError) in
                if let failure = stream.failure(of: user) { throw failure }
                return stream.withTurns { turns, isEmpty, _ in
                    guard isReady, isEmpty, turns.take(user, isEmpty: true) else { return nil }
                    defer { turns.seize(user) }
                    return turns.isHeld
                }
            }
            if wasHeld != nil { break }
            guard mayWait else {
                stream.withLock { $0.withTurns { turns, _, _ in turns.cancel(user) } }
                return nil
            }
            let soon = usb.clock.now.advanced(byNanoseconds: Self.patience)
            _ = try wait(for: .room, user: user, until: soon, event: pump.silence)
        }
        defer {
            stream.withLock { stream in
                stream.withTurns { turns, _, _ in
                    turns.hold(user, wasHeld == true)
                    turns.drained()
                }
            }
            pump.wake()
        }
        return try body()
    }

    private static let patience: UInt64 = 1_000_000_000

    /// Says something to the chip, and waits for an answer that is as long as it should be. The bus is quiet.
    func converse(
        _ command: [UInt8], isAnswered: ([UInt8]) -> Bool
    ) throws(PeripheralError) -> [UInt8] {
        commands.copyBytes(from: command)
        stream.withLock { $0.begin(UnsafeRawBufferPointer(rebasing: commands[..<command.count])) }
        let deadline = usb.clock.now.advanced(byNanoseconds: Self.patience)
        while true {
            let moment = pump.moment
            submit()
            let now = usb.clock.now
            let answer = try stream.withLock { (stream) throws(PeripheralError) -> [UInt8]? in
                if let failure = stream.failure { throw failure }
                guard stream.dialogueIsSent, isAnswered(stream.answer) else {
                    if now >= deadline { stream.fail(.timedOut) }
                    return nil
                }
                defer { stream.endDialogue() }
                return stream.answer
            }
            if let answer { return answer }
            _ = try pump.wait(since: moment, until: deadline, event: pump.silence, ended)
        }
    }

    /// Sends a request, and answers the bytes that it is answered with. One at a time.
    @discardableResult
    func control(_ request: FTDIRequest) throws(PeripheralError) -> [UInt8] {
        stream.withLock { $0.beginControl() }
        do {
            try usb.submit(.control(request, commands.baseAddress!), slot: USBSlots.control)
        } catch {
            stream.withLock { $0.refused(USBSlots.control, error) }
            throw error
        }
        let deadline = usb.clock.now.advanced(byNanoseconds: Self.patience)
        while true {
            let moment = pump.moment
            let end = stream.withLock { $0.controlEnd }
            if let end { return try request.answer(end, commands.baseAddress!, of: usb.name) }
            if usb.clock.now >= deadline { usb.cancel(slot: USBSlots.control) }
            _ = try pump.wait(
                since: moment, until: max(deadline, usb.clock.now.advanced(byNanoseconds: 1_000_000)),
                event: pump.silence,
                ended)
        }
    }

    func setUpIsDone() { users.withLock { $0.needsSetup = false } }
    var hasLoopback: Bool { loops }
}
