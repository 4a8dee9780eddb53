import RTOS
import VirtualHardware

/// A device on the SPI bus of an FTDI chip, with a chip select of its own.
final class FTDISPIDriver: Driver {
    private struct State: ~Copyable {
        var shift: SPIShift
        var clock: MPSSEClock
        var holds = false
        /// Chip select is asserted between transfers.
        var isSelected = false
    }

    let facts: DriverFacts
    let bus: MPSSEBus
    private let user: Int
    private let settings: SPISettings
    private let state: Guarded<State>
    private let chipSelect: UInt16
    private nonisolated(unsafe) let dummies: UnsafeMutableRawBufferPointer?
    private let observer: (@Sendable (Segment) -> Void)?

    /// Joins the bus.
    ///
    /// - Parameter observer: called with each segment that is handed to the device, before the device looks at it.
    /// - Throws: `notSupported` for a clock or a mode that the chip does not have; `busy` if the chip select is in use.
    init(
        _ bus: MPSSEBus, name: String, settings: SPISettings, observer: (@Sendable (Segment) -> Void)? = nil
    ) throws(PeripheralError) {
        let shift = try Self.shift(settings, mode: settings.mode, name: name)
        let clock = try Self.clock(settings.speed, shift, name: name)
        var facts = DriverFacts(kind: .spi, name: name, hasWire: true, bitsPerByte: 8, keepsMemory: true)
        if case .virtual = bus.usb.clock { facts.hasWallTime = false }
        facts.identity = bus.usb.identity
        self.facts = facts
        self.bus = bus
        self.settings = settings
        self.observer = observer
        chipSelect = settings.chipSelect.map(MPSSEPins.chipSelect) ?? 0
        state = Guarded(State(shift: shift, clock: clock))
        user = try bus.join(chipSelect: chipSelect, activeHigh: settings.chipSelectIsHigh)
        if settings.dummyByte == 0 || settings.dummyByte == 0xFF {
            dummies = nil
        } else {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: SPIProgram.pieceLength, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: settings.dummyByte)
            dummies = memory
        }
    }

    deinit {
        dummies?.deallocate()
    }

    private static func shift(
        _ settings: SPISettings, mode: Int, name: String
    ) throws(PeripheralError) -> SPIShift {
        let shift = SPIShift(
            mode: mode, leastSignificantFirst: settings.leastSignificantFirst, trailingEdge: settings.trailingEdge)
        guard let shift else {
            throw .notSupported(
                """
                \(name): the MPSSE has SPI modes 0 and 2 only; ?mode=\(mode)&cpha=three-phase or cpha=edge-swap works \
                with some devices
                """)
        }
        return shift
    }

    private static func clock(
        _ asked: UInt32, _ shift: SPIShift, name: String
    ) throws(PeripheralError) -> MPSSEClock {
        guard let clock = MPSSEClock(notAbove: asked, isThreePhase: shift.isThreePhase) else {
            let slowest = MPSSEClock.slowest(isThreePhase: shift.isThreePhase)
            throw .notSupported("\(name): \(asked) Hz not supported; the slowest clock is \(slowest) Hz")
        }
        return clock
    }

    var speed: UInt32 { state.withLock { $0.clock.rate } }
    var now: MonotonicTime { bus.usb.clock.now }

    // MARK: Transfers

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        let holds = state.withLock { $0.holds }
        let isTaken = try take(segment, clock: nil, keepsSelected: holds, keepsBus: holds, isFollowed: false)
        return isTaken ? segment.count : 0
    }

    /// Puts a transfer on the bus, if there is room and it is its turn.
    ///
    /// - Parameters:
    ///   - clock: nil is the driver's own.
    ///   - keepsSelected: chip select stays asserted behind it.
    ///   - keepsBus: nobody else gets the bus behind it.
    ///   - isFollowed: more comes at once.
    func take(
        _ segment: Segment, clock: MPSSEClock?, keepsSelected: Bool, keepsBus: Bool, isFollowed: Bool
    ) throws(PeripheralError) -> Bool {
        observer?(segment)
        let (shift, usual, wasSelected) = state.withLock { ($0.shift, $0.clock, $0.isSelected) }
        let isTaken = try bus.take(segment, for: user, clock: clock ?? usual, holds: keepsBus, isFollowed: isFollowed) {
            pins, clock in
            let select = self.select(&pins, shift, isHeldBefore: wasSelected, isHeldAfter: keepsSelected)
            let setup = SPISetup(
                shift: shift, clock: clock, dummyByte: settings.dummyByte,
                dummies: dummies.map { UnsafeRawPointer($0.baseAddress!) })
            return SPIProgram(segment, setup, select)
        }
        if isTaken, chipSelect != 0, keepsSelected || wasSelected {
            state.withLock { $0.isSelected = keepsSelected }
        }
        return isTaken
    }

    /// The clock for a rate of a segment's own.
    func clock(notAbove rate: UInt32) throws(PeripheralError) -> MPSSEClock {
        try Self.clock(rate, state.withLock { $0.shift }, name: facts.name)
    }

    var holdsChipSelect: Bool { state.withLock { $0.holds } }

    /// What the pins do around a transfer, and as what they are noted afterwards.
    private func select(
        _ pins: inout MPSSEPins, _ shift: SPIShift, isHeldBefore: Bool, isHeldAfter: Bool
    ) -> SPISelect {
        var released = pins
        released.set(MPSSEPins.clock, to: shift.idlesHigh)
        released.set(MPSSEPins.dataOut, to: settings.dummyByte != 0)
        released.set(chipSelect, to: !settings.chipSelectIsHigh)
        var selected = released
        selected.set(chipSelect, to: settings.chipSelectIsHigh)
        pins = isHeldAfter ? selected : released
        if isHeldAfter { pins.set(MPSSEPins.clock, to: shift.restsHigh) }
        return SPISelect(
            selected: selected, released: released, clockRestsHigh: shift.restsHigh, isHeldBefore: isHeldBefore,
            isHeldAfter: isHeldAfter, setupTime: settings.setupTime, holdTime: settings.holdTime)
    }

    func mapMemory(byteCount: Int) -> UnsafeMutableRawBufferPointer? { bus.usb.mapMemory(byteCount: byteCount) }

    func wireState() throws(PeripheralError) -> WireState { try bus.wireState(of: user) }

    func abort() {
        state.withLock { $0.isSelected = false }
        bus.stream.withLock { stream in
            stream.pins.set(chipSelect, to: !settings.chipSelectIsHigh)
        }
        bus.abort(user)
    }

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        try bus.wait(for: interests, user: user, until: deadline, event: event)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int { 0 }

    func discardReceived() throws(PeripheralError) {}

    // MARK: Settings

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            let shift = state.withLock { $0.shift }
            let clock = try Self.clock(rate, shift, name: facts.name)
            state.withLock { $0.clock = clock }
            return clock.rate
        case .spiDataBits(let bits):
            guard bits == 8 else { throw .notSupported("\(facts.name): words of 8 bits only, not \(bits)") }
            return 8
        case .spiClockPhase(let phase):
            try setMode { $0 & 2 | Int(phase.rawValue) }
            return UInt32(phase.rawValue)
        case .spiClockPolarity(let polarity):
            try setMode { $0 & 1 | Int(polarity.rawValue) << 1 }
            return UInt32(polarity.rawValue)
        case .holdChipSelect(let holds):
            state.withLock { $0.holds = holds }
            if !holds { try releaseChipSelect() }
            return holds ? 1 : 0
        case .modemLines, .breakSignal:
            throw .notSupported("\(facts.name): an SPI controller has no modem lines and no break")
        }
    }

    private func setMode(_ change: (Int) -> Int) throws(PeripheralError) {
        let (mode, rate) = state.withLock { (change($0.shift.mode), $0.clock.rate) }
        let shift = try Self.shift(settings, mode: mode, name: facts.name)
        let clock = try Self.clock(rate, shift, name: facts.name)
        state.withLock { ($0.shift, $0.clock) = (shift, clock) }
    }

    private func releaseChipSelect() throws(PeripheralError) {
        guard state.withLock({ $0.isSelected }) else { return }
        _ = try bus.quietly(as: user) { () throws(PeripheralError) in
            // Chip select first: behind it SCK may go back to where it idles.
            bus.stream.withLock { $0.pins.set(chipSelect, to: !settings.chipSelectIsHigh) }
            try bus.tellPins()
        }
        state.withLock { $0.isSelected = false }
        bus.letGo(user)
    }

    func close() {
        if state.withLock({ $0.isSelected }) { try? releaseChipSelect() }
        bus.leave(user, chipSelect: chipSelect)
    }
}
