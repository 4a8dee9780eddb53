import Glibc
import RTOS
import VirtualHardware

/// An FTDI chip as a serial port.
///
/// Off the wire means that the chip says so: its transmitter is empty. It is asked once the known rate says that it must
/// be. While somebody receives, the chip's status packets come once a millisecond, and wake the one who does.
final class FTDIUARTDriver: Driver {
    let facts: DriverFacts
    let usb: any USBInterface
    private let pump: USBPump
    private let stream: Guarded<FTDIUARTStream>
    private let rate: AtomicRate
    private let settings: SerialSettings
    private nonisolated(unsafe) let answer = UnsafeMutableRawPointer.allocate(
        byteCount: FTDIRequest.longestAnswer, alignment: 8)

    /// Milliseconds for which the chip keeps less than a packet.
    private static let latency: UInt8 = 1
    private static let patience: UInt64 = 1_000_000_000

    /// Sets the line. The interface has been closed if that throws.
    init(_ usb: any USBInterface, name: String, settings: SerialSettings) throws(PeripheralError) {
        var facts = DriverFacts(
            kind: .uart, name: name, hasWire: true, bitsPerByte: settings.bitsPerCharacter, keepsMemory: true)
        if case .virtual = usb.clock { facts.hasWallTime = false }
        facts.identity = usb.identity
        self.facts = facts
        self.usb = usb
        self.settings = settings
        rate = AtomicRate(settings.baudRate)
        let memory = USBSlotMemory(
            packetSize: usb.packetSize, inputs: USBSlots.in.count, inputLength: FTDIUARTStream.inLength)
        var stream = FTDIUARTStream(
            name: name, memory: memory, packetSize: usb.packetSize, fifo: usb.chip.transmitFIFO)
        // Virtual time may go on before a reader gets to say so.
        stream.isListening = !facts.hasWallTime
        self.stream = Guarded(stream)
        do {
            pump = try USBPump(usb)
        } catch {
            usb.close()
            throw error
        }
        do {
            try configure()
        } catch {
            reclaim()
            usb.close()
            throw error
        }
    }

    deinit {
        answer.deallocate()
    }

    private func configure() throws(PeripheralError) {
        guard (7...8).contains(settings.dataBits) else {
            throw .notSupported("\(facts.name): \(settings.dataBits) data bits not supported; 7 and 8 are")
        }
        try control(.reset(usb.index))
        // A chip of that age has one mode that matters here, and not every model of it knows the request.
        if usb.chip != .ft232b { try control(.setBitMode(.uart, usb.index)) }
        try control(.discardFromHost(usb.index))
        try control(.discardToHost(usb.index))
        try control(.setLatency(Self.latency, usb.index))
        try setRate(settings.baudRate)
        try control(settings.dataRequest(isBreaking: false, index: usb.index))
        try control(settings.flowRequest(index: usb.index))
        try drive(.driven, true)
    }

    private func setRate(_ asked: UInt32) throws(PeripheralError) {
        guard let baud = FTDIBaudRate(nearest: asked, chip: usb.chip) else {
            let range = FTDIBaudRate.range(of: usb.chip)
            throw .notSupported(
                "\(facts.name): \(asked) baud not within 3 %; an \(usb.chip.rawValue) has "
                    + "\(range.lowerBound) to \(range.upperBound)")
        }
        try control(baud.request(chip: usb.chip, index: usb.index))
        rate.value = baud.rate
    }

    var speed: UInt32 { rate.value }
    var now: MonotonicTime { usb.clock.now }

    // MARK: Lines

    func lineReport() throws(PeripheralError) -> LineReport { stream.withLock { $0.report } }

    private func drive(_ lines: ModemLines, _ isAsserted: Bool) throws(PeripheralError) {
        // The high byte says which of the two are meant.
        let which = UInt16(lines.rawValue)
        try control(FTDIRequest(.setModemControl, value: which << 8 | (isAsserted ? which : 0), index: usb.index))
    }

    private func setBreak(_ isBreaking: Bool) throws(PeripheralError) {
        try control(settings.dataRequest(isBreaking: isBreaking, index: usb.index))
    }

    // MARK: Transmission

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        var rest = UnsafeRawBufferPointer(start: segment.transmit, count: segment.count)[...]
        let now = usb.clock.now
        while true {
            let left = UnsafeRawBufferPointer(rebasing: rest)
            let next = try stream.withLock { (stream) throws(PeripheralError) in
                if let failure = stream.transmitFailure { throw failure }
                return stream.nextPiece(left, at: now)
            }
            guard let next else { return segment.count - rest.count }
            do {
                try usb.submit(.out(next.bytes), slot: next.slot)
            } catch {
                stream.withLock { $0.refused(next.slot, error) }
                throw error
            }
            rest = rest.dropFirst(next.bytes.count)
        }
    }

    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? { usb.mapMemory(byteCount: byteCount) }

    func wireState() throws(PeripheralError) -> WireState {
        let now = usb.clock.now
        return try stream.withLock { (stream) throws(PeripheralError) in
            if let failure = stream.transmitFailure { throw failure }
            guard stream.unconfirmed > 0 else { return .idle(since: stream.idleSince) }
            let end = patienceEnd(stream)
            if end <= now {
                stream.failTransmission(.timedOut)
                throw .timedOut
            }
            return .busy(bytes: stream.bytesLeft, nanoseconds: end == .never ? .max : end.nanoseconds(since: now))
        }
    }

    /// Where nothing may hold the line, how long it may take; the other end may hold it for as long as it likes.
    private func patienceEnd(_ stream: borrowing FTDIUARTStream) -> MonotonicTime {
        guard settings.flow == .none else { return .never }
        return stream.lastOut.advanced(byNanoseconds: Self.patience + 2 * timeOnWire(min(stream.bytesLeft, 32768)))
    }

    private func timeOnWire(_ characters: Int) -> UInt64 {
        UInt64(characters) * UInt64(facts.bitsPerByte) * 1_000_000_000 / UInt64(max(rate.value, 1))
    }

    func abort() {
        guard stream.withLock({ $0.unconfirmed > 0 || $0.transmitFailure != nil }) else { return }
        for slot in USBSlots.out { usb.cancel(slot: slot) }
        pump(while: { $0.transmitIsUnderWay })
        _ = try? control(.discardFromHost(usb.index))
        let hasStalled = stream.withLock { stream in
            defer { stream.clearTransmission() }
            return stream.transmitFailure != nil && !stream.isLost
        }
        if hasStalled { try? usb.clearHalts() }
    }

    // MARK: Reception

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        try receive(into: buffer) { _ in }
    }

    func receive(
        into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void
    ) throws(PeripheralError) -> Int {
        let (count, failure) = stream.withLock { stream in
            let count = stream.take(into: buffer, damaged: damaged)
            return (count, count == 0 ? stream.takeReceiveFailure() : nil)
        }
        if let failure {
            if case .deviceLost = failure { throw failure }
            try usb.clearHalts()
            throw failure
        }
        return count
    }

    func discardReceived() throws(PeripheralError) {
        try control(.discardToHost(usb.index))
        stream.withLock { $0.discardReceived() }
    }

    // MARK: Settings

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let asked):
            try setRate(asked)
            return rate.value
        case .modemLines(let lines, let isAsserted):
            try drive(lines, isAsserted)
            return 0
        case .breakSignal(let isBreaking):
            try setBreak(isBreaking)
            return 0
        case .spiDataBits, .spiClockPhase, .spiClockPolarity, .holdChipSelect:
            throw .notSupported("\(facts.name): a serial port has no SPI settings")
        }
    }

    // MARK: Waiting

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        guard !interests.isDisjoint(with: [.data, .room, .wire, .line]) else {
            return try usb.watch(until: deadline, event: event) ? .event : []
        }
        // Something has been sent: when to ask whether it has left.
        var question = MonotonicTime.never
        while true {
            let moment = pump.moment
            if !interests.isDisjoint(with: [.data, .line]) { stream.withLock { $0.isListening = true } }
            listen()
            let now = usb.clock.now
            let (ready, limit, mayAsk, isLost) = stream.withLock { stream in
                (
                    readiness(&stream, at: now), patienceEnd(stream),
                    stream.unconfirmed > 0 && stream.outstanding == 0, stream.isLost
                )
            }
            if !ready.isDisjoint(with: interests) {
                if interests.contains(.line) { stream.withLock { $0.isToldOfLine() } }
                return ready.intersection(interests)
            }
            // Those who wait for data or room are told by the call that they make next.
            if isLost { throw .deviceLost(facts.name) }
            if deadline <= now { return [] }
            var next = deadline
            if interests.contains(.wire) {
                if limit <= now { return [] }
                next = min(next, limit)
                if mayAsk {
                    if question == .never { question = firstQuestion() }
                    if question <= now {
                        if try ask() { continue }
                        question = now.advanced(byNanoseconds: max(250_000, timeOnWire(1)))
                    }
                    next = min(next, question)
                }
            }
            if waitsForReader(interests) { continue }
            if try pump.wait(since: moment, until: next, event: event, ended) { return .event }
        }
    }

    /// In virtual time: waits a moment for whoever receives to take what has come in. Time that went on meanwhile would
    /// have the chip's FIFO overrun for no other reason than that this machine has few processors.
    private func waitsForReader(_ interests: Readiness) -> Bool {
        guard case .virtual = usb.clock, !interests.contains(.data) else { return false }
        guard stream.withLock({ $0.waitsForReader(atMost: Self.longestWait) }) else { return false }
        pump.wake()
        usleep(100)
        return true
    }

    /// A reader who takes nothing for so many times 100 µs does not want it.
    private static let longestWait = 500

    private func readiness(_ stream: inout FTDIUARTStream, at now: MonotonicTime) -> Readiness {
        var ready: Readiness = []
        if stream.hasData { ready.insert(.data) }
        if stream.hasNewsOfLine { ready.insert(.line) }
        if stream.hasRoom || stream.transmitFailure != nil { ready.insert(.room) }
        if stream.unconfirmed == 0 || stream.transmitFailure != nil { ready.insert(.wire) }
        return ready
    }

    /// When what the FIFO may hold will have left.
    private func firstQuestion() -> MonotonicTime {
        let (last, left) = stream.withLock { ($0.lastOut, $0.bytesLeft) }
        return last.advanced(byNanoseconds: timeOnWire(left))
    }

    /// Asks the chip whether its transmitter is empty.
    private func ask() throws(PeripheralError) -> Bool {
        let status = try control(FTDIRequest(.pollModemStatus, index: usb.index, answerLength: 2))
        guard status.count == 2, FTDIStatus.Line(rawValue: status[1]).contains(.transmitterEmpty) else { return false }
        let now = usb.clock.now
        stream.withLock { $0.confirmEmpty(at: now) }
        return true
    }

    /// Has every slot that can wait for data, if somebody wants it.
    private func listen() {
        while let next = stream.withLock({ $0.nextIn() }) {
            do {
                try usb.submit(.in(next.buffer), slot: next.slot)
            } catch {
                stream.withLock { $0.refused(next.slot, error) }
            }
        }
    }

    private func ended(_ end: USBEnd) {
        let now = usb.clock.now
        stream.withLock { $0.ended(end, at: now) }
    }

    /// Waits for transfers that have been taken back.
    private func pump(while isUnderWay: (borrowing FTDIUARTStream) -> Bool) {
        while true {
            let moment = pump.moment
            guard stream.withLock({ isUnderWay($0) }) else { return }
            let soon = usb.clock.now.advanced(byNanoseconds: 10_000_000)
            _ = try? pump.wait(since: moment, until: soon, event: pump.silence, ended)
        }
    }

    /// Sends a request, and answers the bytes that it is answered with. One at a time.
    @discardableResult
    private func control(_ request: FTDIRequest) throws(PeripheralError) -> [UInt8] {
        stream.withLock { $0.beginControl() }
        do {
            try usb.submit(.control(request, answer), slot: USBSlots.control)
        } catch {
            stream.withLock { $0.refused(USBSlots.control, error) }
            throw error
        }
        let deadline = usb.clock.now.advanced(byNanoseconds: Self.patience)
        while true {
            let moment = pump.moment
            let end = stream.withLock { $0.controlEnd }
            if let end { return try request.answer(end, answer, of: facts.name) }
            if usb.clock.now >= deadline { usb.cancel(slot: USBSlots.control) }
            let soon = usb.clock.now.advanced(byNanoseconds: 1_000_000)
            _ = try pump.wait(since: moment, until: max(deadline, soon), event: pump.silence, ended)
        }
    }

    private func reclaim() {
        for slot in 0..<USBSlots.count { usb.cancel(slot: slot) }
        pump(while: { $0.isUnderWay })
    }

    func close() {
        abort()
        reclaim()
        usb.close()
    }
}
