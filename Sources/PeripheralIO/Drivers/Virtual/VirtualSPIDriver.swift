import RTOS
import VirtualHardware

/// The virtual SPI controller as a device: memory and sleep around the model's arithmetic.
final class VirtualSPIDriver: Driver {
    private struct State {
        var controller: VirtualSPIController
        /// The memory of the transfer on the bus.
        var segment: Segment?
        var finishedAt: MonotonicTime?
        var dummyByte: UInt8
    }

    /// Bytes that the model shifts at once.
    private static let piece = 4096

    let facts: DriverFacts
    private let clock: HardwareClock
    private let state: Guarded<State>
    /// Called with each segment that is handed to the device, before the device looks at it.
    private let observer: (@Sendable (Segment) -> Void)?

    init(
        name: String, controller: VirtualSPIController, clock: HardwareClock, dummyByte: UInt8 = 0xFF,
        observer: (@Sendable (Segment) -> Void)? = nil
    ) {
        var facts = DriverFacts(kind: .spi, name: name, hasWire: true, bitsPerByte: 8, keepsMemory: true)
        if case .virtual = clock { facts.hasWallTime = false }
        self.facts = facts
        self.clock = clock
        self.observer = observer
        state = Guarded(State(controller: controller, dummyByte: dummyByte))
    }

    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> VirtualSPIDriver {
        try check(clock: address.spi.speed, name: address.name)
        return VirtualSPIDriver(
            name: address.name,
            controller: VirtualSPIController(clock: address.spi.speed, faults: address.faults),
            clock: clock, dummyByte: address.spi.dummyByte)
    }

    var speed: UInt32 { state.withLock { $0.controller.clock } }

    /// No clock is faster than the one asked for, so none can be slower than the slowest.
    static func check(clock: UInt32, name: String) throws(PeripheralError) {
        let slowest = VirtualSPIController.clockRange.lowerBound
        if clock < slowest {
            throw .notSupported("\(name): \(clock) Hz not supported; the slowest clock is \(slowest) Hz")
        }
    }

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        observer?(segment)
        let now = clock.now
        return try state.withLock { (state) throws(PeripheralError) in
            if state.controller.isBusy { _ = try advance(&state, to: now) }
            if state.controller.isUnplugged { throw .deviceLost(facts.name) }
            let taken = state.controller.begin(count: segment.count, at: now)
            if taken > 0 {
                state.segment = segment
                state.finishedAt = now.advanced(byNanoseconds: state.controller.timeOnWire(taken))
            }
            return taken
        }
    }

    func wireState() throws(PeripheralError) -> WireState {
        let now = clock.now
        return try state.withLock { (state) throws(PeripheralError) in try advance(&state, to: now) }
    }

    private func advance(_ state: inout State, to now: MonotonicTime) throws(PeripheralError) -> WireState {
        let segment = state.segment
        let dummy = state.dummyByte
        let progress = state.controller.advance(to: now) { place in
            segment?.transmit?.load(fromByteOffset: place, as: UInt8.self) ?? dummy
        } miso: { place, byte in
            segment?.receive?.storeBytes(of: byte, toByteOffset: place, as: UInt8.self)
        }
        switch progress {
        case .complete:
            state.segment = nil
            return .idle(since: state.finishedAt)
        case .busy(let nanoseconds):
            return .busy(nanoseconds: nanoseconds)
        case .unplugged:
            state.segment = nil
            throw .deviceLost(facts.name)
        }
    }

    func abort() {
        state.withLock { state in
            _ = state.controller.abort()
            state.segment = nil
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int {
        0
    }

    func discardReceived() throws(PeripheralError) {}

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            try Self.check(clock: rate, name: facts.name)
            return state.withLock { $0.controller.setClock(rate) }
        case .spiDataBits(let bits):
            guard bits == 8 else { throw .notSupported("\(facts.name): words of 8 bits only, not \(bits)") }
            return 8
        case .spiClockPhase(let phase):
            return UInt32(phase.rawValue)
        case .spiClockPolarity(let polarity):
            return UInt32(polarity.rawValue)
        case .holdChipSelect(let hold):
            state.withLock { $0.controller.holdsChipSelect = hold }
            return hold ? 1 : 0
        }
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        var instant = MonotonicTime.never
        // A caller whose segment was not taken waits for the one before it.
        if !interests.isDisjoint(with: [.wire, .room]) {
            let now = clock.now
            let left = try state.withLock { (state) throws(PeripheralError) in try advance(&state, to: now) }
            switch left {
            case .idle: return interests.intersection([.wire, .room])
            case .busy(.max): break
            case .busy(let nanoseconds):
                // The model's own work is done piece by piece while the wire is busy, so that little is left at the end.
                let piece = state.withLock { $0.controller.timeOnWire(Self.piece) }
                instant = now.advanced(byNanoseconds: min(nanoseconds, piece))
            }
        }
        let isSignalled = try clock.wait(until: instant, event: event)
        return isSignalled ? .event : []
    }

    func close() {}
}
