import RTOS

/// A driver that tells a recorder what passes through it, and else is the one behind it.
final class TracingDriver: Driver {
    private struct Transfer {
        let segment: Segment
        let sent: [UInt8]
        let start: MonotonicTime
    }

    private struct State {
        /// Transfers on an SPI bus whose end has not been told yet, in the order in which they began.
        var underWay: [Transfer] = []
        /// Chip select stays asserted between transfers.
        var holds = false
        /// When the line has sent all that it was given.
        var lineIsFree = MonotonicTime(nanoseconds: 0)
    }

    private let base: any Driver
    private let recorder: TraceRecorder
    private let state = Guarded(State())

    init(_ base: any Driver, for address: DeviceAddress, _ recorder: TraceRecorder) {
        self.base = base
        self.recorder = recorder
        recorder.begin(address, base.facts, speed: base.speed, at: base.now)
    }

    var facts: DriverFacts { base.facts }
    var speed: UInt32 { base.speed }
    var now: MonotonicTime { base.now }

    /// Nanoseconds that so many bytes are on the wire, at the speed in force unless told.
    private func timeOnWire(_ count: Int, at speed: UInt32? = nil) -> UInt64 {
        let speed = UInt64(speed ?? base.speed)
        guard facts.hasWire, speed > 0 else { return 0 }
        return UInt64(count) * UInt64(facts.bitsPerByte) * 1_000_000_000 / speed
    }

    // MARK: Transfers

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        let start = base.now
        guard facts.kind == .spi else {
            let count = try base.transmit(segment)
            if count > 0 { noteSent(segment.prefix(count), at: start) }
            return count
        }
        // What comes in may overwrite what goes out.
        let copy = segment.receive == nil ? nil : bytesSent(segment)
        let count = try base.transmit(segment)
        guard count > 0 else { return 0 }
        let taken = segment.prefix(count)
        let sent = copy.map { Array($0.prefix(count)) } ?? bytesSent(taken)
        state.withLock { $0.underWay.append(Transfer(segment: taken, sent: sent, start: start)) }
        return count
    }

    private func bytesSent(_ segment: Segment) -> [UInt8] {
        guard let bytes = segment.transmit else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: segment.turn ?? segment.count))
    }

    private func noteSent(_ segment: Segment, at now: MonotonicTime) {
        let duration = timeOnWire(segment.count)
        let start = state.withLock { state in
            let start = max(now, state.lineIsFree)
            state.lineIsFree = start.advanced(byNanoseconds: duration)
            return start
        }
        recorder.add(.sent(bytesSent(segment)), at: start, duration: duration)
    }

    func wireState() throws(PeripheralError) -> WireState {
        let result = try base.wireState()
        // Until this answer is given, the memory of all transfers is still lent.
        if case .idle = result { noteEnd() }
        return result
    }

    /// All transfers that were under way are off the wire.
    private func noteEnd() {
        let ended = state.withLock { state in
            defer { state.underWay.removeAll(keepingCapacity: true) }
            return state.underWay
        }
        for transfer in ended {
            let (segment, duration) = (transfer.segment, timeOnWire(transfer.segment.count))
            let start = state.withLock { state in
                let start = max(transfer.start, state.lineIsFree)
                state.lineIsFree = start.advanced(byNanoseconds: duration)
                return start
            }
            let reading = segment.count - transfer.sent.count
            let received = segment.receive.map {
                Array(UnsafeRawBufferPointer(start: $0, count: reading > 0 ? reading : segment.count))
            }
            recorder.add(
                .transfer(sent: transfer.sent, reading: reading, received: received ?? []), at: start,
                duration: duration)
        }
    }

    /// A transfer for each segment, between which chip select is held.
    func transact(_ segments: [SPISegment], isOver: () -> Bool, event: EventDescriptor) throws(PeripheralError) {
        var time = base.now
        // What comes in may overwrite what goes out.
        let sent = segments.map { segment in
            segment.sent.map { Array(UnsafeRawBufferPointer(start: $0, count: segment.count)) } ?? []
        }
        try base.transact(segments, isOver: isOver, event: event)
        let isOwnFrame = segments.count > 1 && !state.withLock { $0.holds }
        if isOwnFrame { recorder.add(.hold(true), at: time) }
        for (segment, sent) in zip(segments, sent) {
            let duration = timeOnWire(segment.count, at: segment.speed)
            let received = segment.received.map { Array(UnsafeRawBufferPointer(start: $0, count: segment.count)) } ?? []
            recorder.add(
                .transfer(sent: sent, reading: sent.isEmpty ? segment.count : 0, received: received), at: time,
                duration: duration)
            time = time.advanced(byNanoseconds: duration + UInt64(segment.delay) * 1000)
            if isOwnFrame, segment.pulsesChipSelect {
                for holds in [false, true] { recorder.add(.hold(holds), at: time) }
            }
        }
        if isOwnFrame { recorder.add(.hold(false), at: time) }
    }

    func abort() {
        base.abort()
        state.withLock { $0.underWay.removeAll() }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        let count = try base.receive(into: buffer)
        noteReceived(buffer, count)
        return count
    }

    func receive(
        into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void
    ) throws(PeripheralError) -> Int {
        let count = try base.receive(into: buffer, damaged: damaged)
        noteReceived(buffer, count)
        return count
    }

    private func noteReceived(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int) {
        if count > 0 {
            recorder.add(
                .received(Array(UnsafeRawBufferPointer(buffer)[..<count])), at: base.now, duration: timeOnWire(count))
        }
    }

    // MARK: Settings

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        let value = try base.apply(setting)
        switch setting {
        case .speed: recorder.add(.speed(value), at: base.now)
        case .holdChipSelect(let holds):
            state.withLock { $0.holds = holds }
            recorder.add(.hold(holds), at: base.now)
        case .spiDataBits, .spiClockPhase, .spiClockPolarity, .modemLines, .breakSignal: break
        }
        return value
    }

    func markLineErrors(_ marks: Bool) throws(PeripheralError) { try base.markLineErrors(marks) }
    func lineReport() throws(PeripheralError) -> LineReport { try base.lineReport() }
    func discardReceived() throws(PeripheralError) { try base.discardReceived() }
    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? { base.mapMemory(byteCount: byteCount) }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        try base.wait(for: interests, until: deadline, event: event)
    }

    func close() { base.close() }
}
