import RTOS
import VirtualHardware

/// A recorded session as a device. It answers at once, and as recorded; the first thing that is done otherwise than in
/// the session is an error, and so is all that comes after it.
final class ReplayDriver: Driver {
    private enum Session: Sendable {
        case bus(ReplayedBus)
        case line(ReplayedLine)
    }

    private struct State {
        var session: Session
        var speed: UInt32
        var difference: PeripheralError?
    }

    let facts: DriverFacts
    private let clock: HardwareClock
    private let state: Guarded<State>
    /// Signalled when something may have come in.
    private let news: EventDescriptor

    static func open(_ address: DeviceAddress, _ path: String, clock: HardwareClock) throws(PeripheralError)
        -> ReplayDriver
    {
        try ReplayDriver(try Trace(file: path), name: address.name, clock: clock)
    }

    init(_ trace: Trace, name: String, clock: HardwareClock) throws(PeripheralError) {
        let session: Session
        switch trace.header.line {
        case .spi(let settings):
            facts = DriverFacts(kind: .spi, name: name, hasWire: true, bitsPerByte: 8)
            session = .bus(ReplayedBus(trace.events, dummyByte: settings.dummyByte))
        case .uart(let settings):
            facts = DriverFacts(kind: .uart, name: name, hasWire: false, bitsPerByte: settings.bitsPerCharacter)
            session = .line(ReplayedLine(trace.events))
        }
        self.clock = clock
        state = Guarded(State(session: session, speed: trace.header.speed))
        news = try EventDescriptor()
    }

    var speed: UInt32 { state.withLock { $0.speed } }
    var now: MonotonicTime { clock.now }

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        try state.withLock { (state) throws(PeripheralError) in
            if let difference = state.difference { throw difference }
            var difference: String?
            switch state.session {
            case .bus(var bus):
                difference = bus.transfer(segment)
                state.session = .bus(bus)
            case .line(var line):
                difference = line.send(UnsafeRawBufferPointer(start: segment.transmit, count: segment.count))
                state.session = .line(line)
            }
            if let difference {
                let error = PeripheralError.differs("\(facts.name): \(difference)")
                state.difference = error
                throw error
            }
        }
        news.signal()
        return segment.count
    }

    func wireState() throws(PeripheralError) -> WireState { .idle(since: clock.now) }

    func abort() {}

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        state.withLock { state in
            guard case .line(var line) = state.session else { return 0 }
            defer { state.session = .line(line) }
            return line.take(into: buffer)
        }
    }

    func discardReceived() throws(PeripheralError) {
        state.withLock { state in
            guard case .line(var line) = state.session else { return }
            line.discardReceived()
            state.session = .line(line)
        }
    }

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            state.withLock { $0.speed = rate }
            return rate
        case .spiDataBits(let bits): return UInt32(bits)
        case .spiClockPhase(let phase): return UInt32(phase.rawValue)
        case .spiClockPolarity(let polarity): return UInt32(polarity.rawValue)
        case .holdChipSelect(let holds): return holds ? 1 : 0
        case .modemLines, .breakSignal: return 0
        }
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        var ready = interests.intersection([.wire, .room])
        // Before the look: what comes in behind it signals again.
        if interests.contains(.data) { news.reset() }
        if interests.contains(.data), hasData { ready.insert(.data) }
        if !ready.isEmpty { return ready }
        let other = interests.contains(.data) ? news : nil
        let isSignalled = try clock.wait(until: deadline, event: event, or: other)
        return isSignalled ? .event : interests.contains(.data) && hasData ? .data : []
    }

    private var hasData: Bool {
        state.withLock { state in
            if case .line(let line) = state.session { line.hasData } else { false }
        }
    }

    func close() {}
}
