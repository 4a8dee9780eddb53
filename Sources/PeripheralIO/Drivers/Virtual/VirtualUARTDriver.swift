import RTOS
import Synchronization
import VirtualHardware

/// The virtual UART as a device.
final class VirtualUARTDriver: Driver {
    private struct State {
        var uart: VirtualUART
        var receiverSleeps = false
    }

    let facts: DriverFacts
    private let clock: HardwareClock
    private let state: Mutex<State>
    /// Rouses a thread that sleeps for received data when something is sent: the far end of the wire is the near one.
    private let activity: EventDescriptor
    private let observer: (@Sendable (Segment) -> Void)?

    init(
        name: String, uart: VirtualUART, clock: HardwareClock, observer: (@Sendable (Segment) -> Void)? = nil
    ) throws(PeripheralError) {
        var facts = DriverFacts(
            kind: .uart, name: name, hasWire: true, bitsPerByte: Int(uart.bitsPerCharacter))
        if case .virtual = clock { facts.hasWallTime = false }
        self.facts = facts
        self.clock = clock
        self.observer = observer
        state = Mutex(State(uart: uart))
        activity = try EventDescriptor()
    }

    /// What the receive FIFO had no place for.
    var overruns: UInt64 { state.withLock { $0.uart.overruns } }

    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> VirtualUARTDriver {
        try check(baudRate: address.serial.baudRate, name: address.name)
        let bits = UInt32(address.serial.bitsPerCharacter)
        return try VirtualUARTDriver(
            name: address.name,
            uart: VirtualUART(baudRate: address.serial.baudRate, bitsPerCharacter: bits, faults: address.faults),
            clock: clock)
    }

    var speed: UInt32 { state.withLock { $0.uart.baudRate } }

    static func check(baudRate: UInt32, name: String) throws(PeripheralError) {
        let rates = VirtualUART.baudRates
        guard rates.contains(baudRate) else {
            throw .notSupported(
                "\(name): \(baudRate) baud not supported; \(rates.lowerBound) to \(rates.upperBound) are")
        }
    }

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        observer?(segment)
        let now = clock.now
        let taken = try using {
            $0.send(UnsafeRawBufferPointer(start: segment.transmit, count: segment.count), at: now)
        }
        let receiverSleeps = state.withLock { Swift.exchange(&$0.receiverSleeps, with: false) }
        if receiverSleeps { activity.signal() }
        return taken
    }

    func wireState() throws(PeripheralError) -> WireState {
        let now = clock.now
        return try using { uart in
            uart.advance(to: now)
            return uart.timeToEmpty(at: now).map(WireState.busy) ?? .idle(since: uart.lastLeft)
        }
    }

    func abort() {
        let now = clock.now
        state.withLock { _ = $0.uart.discardTransmit(at: now) }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        let now = clock.now
        return try using { $0.take(into: buffer, at: now) }
    }

    func discardReceived() throws(PeripheralError) {
        let now = clock.now
        state.withLock { $0.uart.discardReceive(at: now) }
    }

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            try Self.check(baudRate: rate, name: facts.name)
            state.withLock { $0.uart.setLine(baudRate: rate, bitsPerCharacter: $0.uart.bitsPerCharacter) }
            return rate
        case .spiDataBits, .spiClockPhase, .spiClockPolarity, .holdChipSelect:
            throw .notSupported("\(facts.name): a serial port has no SPI settings")
        }
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        let now = clock.now
        var instant = deadline
        let ready = try using(receiverSleeps: interests.contains(.data)) { uart -> Readiness in
            uart.advance(to: now)
            var ready: Readiness = []
            if interests.contains(.room) {
                if uart.transmitSpace > 0 { ready.insert(.room) }
                // Half the FIFO at once, rather than an interrupt for every byte.
                if let left = uart.timeToEmpty(at: now) {
                    instant = min(instant, now.advanced(byNanoseconds: left / 2))
                }
            }
            if interests.contains(.wire) {
                guard let left = uart.timeToEmpty(at: now) else { return ready.union(.wire) }
                instant = min(instant, now.advanced(byNanoseconds: left))
            }
            if interests.contains(.data) {
                if uart.hasReceiveInterrupt(at: now) { ready.insert(.data) }
                if let due = uart.nextReceiveInterrupt(at: now) { instant = min(instant, due) }
            }
            return ready
        }
        if !ready.isEmpty { return ready }
        guard interests.contains(.data) else {
            return try clock.wait(until: instant, event: event) ? .event : []
        }
        let isSignalled = try clock.wait(until: instant, event: event, activity: activity)
        activity.reset()
        return isSignalled ? .event : []
    }

    func close() {}

    private func using<Result>(
        receiverSleeps: Bool = false, _ body: (inout VirtualUART) -> Result
    ) throws(PeripheralError) -> Result {
        try state.withLock { (state) throws(PeripheralError) in
            let result = body(&state.uart)
            if receiverSleeps { state.receiverSleeps = true }
            if state.uart.isUnplugged { throw .deviceLost(facts.name) }
            return result
        }
    }
}
