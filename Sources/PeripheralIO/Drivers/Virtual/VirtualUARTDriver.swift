import RTOS
import Synchronization
import VirtualHardware

/// The virtual UART as a device.
final class VirtualUARTDriver: Driver {
    let facts: DriverFacts
    private let clock: HardwareClock
    private let uart: Mutex<VirtualUART>
    private let observer: (@Sendable (Segment) -> Void)?

    init(
        name: String, uart: VirtualUART, clock: HardwareClock, observer: (@Sendable (Segment) -> Void)? = nil
    ) {
        var facts = DriverFacts(
            kind: .uart, name: name, hasWire: true, bitsPerByte: Int(uart.bitsPerCharacter))
        if case .virtual = clock { facts.hasWallTime = false }
        self.facts = facts
        self.clock = clock
        self.observer = observer
        self.uart = Mutex(uart)
    }

    /// What the receive FIFO had no place for.
    var overruns: UInt64 { uart.withLock { $0.overruns } }

    var speed: UInt32 { uart.withLock { $0.baudRate } }

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        observer?(segment)
        let now = clock.now
        return try using { $0.send(UnsafeRawBufferPointer(start: segment.transmit, count: segment.count), at: now) }
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
        uart.withLock { _ = $0.discardTransmit(at: now) }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        let now = clock.now
        return try using { $0.take(into: buffer, at: now) }
    }

    func discardReceived() throws(PeripheralError) {
        let now = clock.now
        uart.withLock { $0.discardReceive(at: now) }
    }

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            guard VirtualUART.baudRates.contains(rate) else {
                throw .notSupported("\(facts.name): \(rate) baud not supported; \(VirtualUART.baudRates) are")
            }
            let now = clock.now
            uart.withLock { $0.setLine(baudRate: rate, bitsPerCharacter: $0.bitsPerCharacter, at: now) }
            return rate
        case .spiDataBits, .spiClockPhase, .spiClockPolarity, .holdChipSelect:
            throw .notSupported("\(facts.name): a serial port has no SPI settings")
        }
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        let now = clock.now
        // The deadline is on the machine's clock, and means nothing to a virtual one.
        var instant = if case .wall = clock { deadline } else { MonotonicTime.never }
        let ready = try using { uart -> Readiness in
            uart.advance(to: now)
            var ready: Readiness = []
            if interests.contains(.room) {
                if uart.transmitSpace > 0 { ready.insert(.room) }
                // Half the FIFO at once, rather than an interrupt for every byte.
                if let left = uart.timeToEmpty(at: now), left != .max {
                    instant = min(instant, now.advanced(byNanoseconds: max(left / 2, 1)))
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
        let isSignalled = try clock.wait(until: instant, event: event)
        return isSignalled ? .event : []
    }

    func close() {}

    private func using<Result>(_ body: (inout VirtualUART) -> Result) throws(PeripheralError) -> Result {
        try uart.withLock { (uart) throws(PeripheralError) in
            let result = body(&uart)
            if uart.isUnplugged { throw .deviceLost(facts.name) }
            return result
        }
    }
}
