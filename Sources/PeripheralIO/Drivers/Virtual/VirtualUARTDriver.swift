import RTOS
import VirtualHardware

/// The virtual UART as a device.
final class VirtualUARTDriver: Driver {
    private struct State {
        var uart: VirtualUART
        /// Threads that sleep until something comes in.
        var listeners = 0
    }

    let facts: DriverFacts
    private let clock: HardwareClock
    private let state: Guarded<State>
    /// Readable while there are listeners who have not heard that bytes were sent, which moves their time to wake up.
    private let news: EventDescriptor
    private let observer: (@Sendable (Segment) -> Void)?

    init(
        name: String, uart: VirtualUART, clock: HardwareClock, observer: (@Sendable (Segment) -> Void)? = nil
    ) throws(PeripheralError) {
        var facts = DriverFacts(
            kind: .uart, name: name, hasWire: true, bitsPerByte: Int(uart.bitsPerCharacter))
        facts.keepsReceived = true
        if case .wall = clock {} else { facts.hasWallTime = false }
        if case .kernel(let clock) = clock { facts.kernel = clock.kernel }
        self.facts = facts
        self.clock = clock
        self.observer = observer
        state = Guarded(State(uart: uart))
        news = try EventDescriptor()
    }

    /// What the receive FIFO had no place for.
    var overruns: UInt64 { state.withLock { $0.uart.overruns } }

    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> VirtualUARTDriver {
        try check(baudRate: address.serial.baudRate, name: address.name)
        let bits = UInt32(address.serial.bitsPerCharacter)
        return try VirtualUARTDriver(
            name: address.name,
            uart: VirtualUART(
                baudRate: address.serial.baudRate, bitsPerCharacter: bits,
                hasParity: address.serial.parity != .none, faults: address.faults),
            clock: clock)
    }

    var speed: UInt32 { state.withLock { $0.uart.baudRate } }
    var now: MonotonicTime { clock.now }

    private static func check(baudRate: UInt32, name: String) throws(PeripheralError) {
        let rates = VirtualUART.baudRates
        guard rates.contains(baudRate) else {
            throw .notSupported(
                "\(name): \(baudRate) baud not supported; \(rates.lowerBound) to \(rates.upperBound) are")
        }
    }

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        observer?(segment)
        let now = clock.now
        let bytes = UnsafeRawBufferPointer(start: segment.transmit, count: segment.count)
        return try using { state in
            let taken = state.uart.send(bytes, at: now)
            if taken > 0, state.listeners > 0 { news.signal() }
            return taken
        }
    }

    func wireState() throws(PeripheralError) -> WireState {
        let now = clock.now
        return try using { state in
            state.uart.advance(to: now)
            guard let left = state.uart.timeToEmpty(at: now) else { return .idle(since: state.uart.lastLeft) }
            return .busy(bytes: state.uart.transmitCount, nanoseconds: left)
        }
    }

    func abort() {
        let now = clock.now
        state.withLock { _ = $0.uart.discardTransmit(at: now) }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        try receive(into: buffer) { _ in }
    }

    func receive(
        into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void
    ) throws(PeripheralError) -> Int {
        let now = clock.now
        return try using { $0.uart.take(into: buffer, at: now, damaged: damaged) }
    }

    func discardReceived() throws(PeripheralError) {
        let now = clock.now
        state.withLock { $0.uart.discardReceive(at: now) }
    }

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            try Self.check(baudRate: rate, name: facts.name)
            let now = clock.now
            state.withLock { $0.uart.setLine(baudRate: rate, bitsPerCharacter: $0.uart.bitsPerCharacter, at: now) }
            return rate
        case .spiDataBits, .spiClockPhase, .spiClockPolarity, .holdChipSelect:
            throw .notSupported("\(facts.name): a serial port has no SPI settings")
        case .modemLines, .breakSignal:
            throw .notSupported("\(facts.name): has TX and RX only, and no break; virtual://ft232h has more")
        }
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        let listens = interests.contains(.data)
        let (ready, instant) = try using { state in
            let (ready, instant) = Self.outlook(of: &state.uart, for: interests, at: clock.now)
            if listens, ready.isEmpty { state.listeners += 1 }
            return (ready, instant)
        }
        if !ready.isEmpty { return ready }
        defer { if listens { stopListening() } }
        return try clock.wait(until: min(instant, deadline), event: event, or: listens ? news : nil) ? .event : []
    }

    /// What it is ready for now, and when it will be ready for something if nobody does anything.
    private static func outlook(
        of uart: inout VirtualUART, for interests: Readiness, at now: MonotonicTime
    ) -> (Readiness, MonotonicTime) {
        uart.advance(to: now)
        var ready: Readiness = []
        var instant = MonotonicTime.never
        let left = uart.timeToEmpty(at: now)
        if interests.contains(.room) {
            if uart.transmitSpace > 0 { ready.insert(.room) }
            // Half the FIFO at once, rather than an interrupt for every byte.
            if let left, left != .max { instant = min(instant, now.advanced(byNanoseconds: max(left / 2, 1))) }
        }
        if interests.contains(.wire) {
            if let left { instant = min(instant, now.advanced(byNanoseconds: left)) } else { ready.insert(.wire) }
        }
        if interests.contains(.data) {
            if uart.hasReceiveInterrupt(at: now) { ready.insert(.data) }
            if let due = uart.nextReceiveInterrupt(at: now) { instant = min(instant, due) }
        }
        return (ready, instant)
    }

    private func stopListening() {
        state.withLock { state in
            state.listeners -= 1
            if state.listeners == 0 { news.reset() }
        }
    }

    func close() {}

    private func using<Result>(_ body: (inout State) -> Result) throws(PeripheralError) -> Result {
        try state.withLock { (state) throws(PeripheralError) in
            let result = body(&state)
            if state.uart.isUnplugged { throw .deviceLost(facts.name) }
            return result
        }
    }
}
