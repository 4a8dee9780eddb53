import RTOS
import VirtualHardware

/// The virtual SPI controller as a device: memory and sleep around the model's arithmetic.
final class VirtualSPIDriver: Driver {
    private struct State {
        var controller: VirtualSPIController
        /// The memory of the transfer on the bus, as much of it as the controller took.
        var segment: Segment?
        /// Transfers behind it, each of which starts when the one before it ends, as a chain of DMA descriptors does.
        var queue: [Segment] = []
        /// When the transfer on the bus will be off it, or the last one was.
        var finishedAt: MonotonicTime?
        var dummyByte: UInt8

        var bytesLeft: Int { queue.reduce(segment?.count ?? 0) { $0 + $1.count } }
    }

    /// Transfers that the device takes, the one on the bus included.
    private static let queueLength = 8

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
        if case .wall = clock {} else { facts.hasWallTime = false }
        if case .kernel(let clock) = clock { facts.kernel = clock.kernel }
        self.facts = facts
        self.clock = clock
        self.observer = observer
        var state = State(controller: controller, dummyByte: dummyByte)
        state.queue.reserveCapacity(Self.queueLength)
        self.state = Guarded(state)
    }

    static func open(_ address: DeviceAddress, clock: HardwareClock) throws(PeripheralError) -> VirtualSPIDriver {
        try check(clock: address.spi.speed, name: address.name)
        return VirtualSPIDriver(
            name: address.name,
            controller: VirtualSPIController(clock: address.spi.speed, faults: address.faults),
            clock: clock, dummyByte: address.spi.dummyByte)
    }

    var speed: UInt32 { state.withLock { $0.controller.clock } }
    var now: MonotonicTime { clock.now }

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
            _ = try advance(&state, to: now)
            guard state.segment != nil else { return start(segment, &state, at: now) }
            guard state.queue.count + 1 < Self.queueLength else { return 0 }
            state.queue.append(segment)
            return segment.count
        }
    }

    /// Answers how many bytes the controller takes.
    private func start(_ segment: Segment, _ state: inout State, at time: MonotonicTime) -> Int {
        let taken = state.controller.begin(count: segment.count, at: time)
        state.segment = segment.prefix(taken)
        state.finishedAt = time.advanced(byNanoseconds: state.controller.timeOnWire(taken))
        return taken
    }

    func wireState() throws(PeripheralError) -> WireState {
        let now = clock.now
        return try state.withLock { (state) throws(PeripheralError) in try advance(&state, to: now) }
    }

    /// Where the transfers stand at `now`. The time until the wire is idle is that until the one on the bus is off it:
    /// the earliest that there is something to do.
    private func advance(_ state: inout State, to now: MonotonicTime) throws(PeripheralError) -> WireState {
        while let segment = state.segment {
            let dummy = state.dummyByte
            let progress = state.controller.advance(to: now) { place in
                segment.sent(at: place) ?? dummy
            } miso: { place, byte in
                segment.received(byte, at: place)
            }
            switch progress {
            case .complete: startNext(&state)
            case .busy(let nanoseconds): return .busy(bytes: state.bytesLeft, nanoseconds: nanoseconds)
            case .unplugged: break
            }
            if progress == .unplugged { break }
        }
        guard !state.controller.isUnplugged else {
            state.segment = nil
            state.queue.removeAll(keepingCapacity: true)
            throw .deviceLost(facts.name)
        }
        return .idle(since: state.finishedAt)
    }

    /// The transfer on the bus is complete. The next one began at that moment, whenever that is found out.
    private func startNext(_ state: inout State) {
        state.segment = nil
        guard let next = state.queue.first, let time = state.finishedAt else { return }
        let taken = start(next, &state, at: time)
        // What a controller that takes less leaves over is a transfer of its own.
        if taken < next.count, taken > 0 {
            state.queue[0] = next.dropFirst(taken)
        } else {
            state.queue.removeFirst()
        }
    }

    func abort() {
        state.withLock { state in
            _ = state.controller.abort()
            state.segment = nil
            state.queue.removeAll(keepingCapacity: true)
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
        case .modemLines, .breakSignal:
            throw .notSupported("\(facts.name): an SPI controller has no modem lines and no break")
        }
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        var instant = MonotonicTime.never
        // A caller whose segment was not taken waits for the one before it.
        if !interests.isDisjoint(with: [.wire, .room]) {
            let now = clock.now
            let (left, hasRoom) = try state.withLock { (state) throws(PeripheralError) in
                let left = try advance(&state, to: now)
                return (left, state.queue.count + 1 < Self.queueLength)
            }
            if hasRoom, interests.contains(.room) { return .room }
            switch left {
            case .idle: return interests.intersection([.wire, .room])
            case .busy(_, .max): break
            case .busy(_, let nanoseconds):
                // The model's own work is done piece by piece while the wire is busy, so that little is left at the end.
                let piece = state.withLock { $0.controller.timeOnWire(Self.piece) }
                instant = now.advanced(byNanoseconds: min(nanoseconds, piece))
            }
        }
        let isSignalled = try clock.wait(until: min(instant, deadline), event: event)
        return isSignalled ? .event : []
    }

    func close() {}
}
