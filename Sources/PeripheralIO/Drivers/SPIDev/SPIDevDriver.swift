import CLinux
import Glibc
import RTOS
import Synchronization

/// A device on the bus of a Linux SPI controller, by its spidev node.
///
/// A request to the kernel returns when its bytes are off the wire, so what was taken is complete. Long transfers are
/// taken piece by piece, chip select kept, so that they can be ended in between.
final class SPIDevDriver: Driver {
    private struct State {
        var defaults: SPITransferDefaults {
            didSet { (template, isSimple) = (defaults.template, defaults.isSimple) }
        }
        private(set) var template: spi_ioc_transfer
        private(set) var isSimple: Bool
        var mode: SPIMode
        /// Chip select is to stay asserted between transfers.
        var holds = false
        /// It is asserted: between transfers that hold it, or between two pieces of one.
        var isSelected = false

        init(_ defaults: SPITransferDefaults, _ mode: SPIMode) {
            self.defaults = defaults
            self.mode = mode
            (template, isSimple) = (defaults.template, defaults.isSimple)
        }
    }

    let facts: DriverFacts
    private let path: String
    private let bus: SPIDevBus
    private let place: SPIDevBus.Place
    private let calls: any SPIDevCalls
    private let limits: SPIMessageLimits
    private let before: hil_spi_setup
    private let watch: NodeWatch
    private let rate: AtomicRate
    // For whoever has the peripheral's channel, which is one thread at a time: no lock besides.
    private nonisolated(unsafe) let state: UnsafeMutablePointer<State>
    private nonisolated(unsafe) let transfers: UnsafeMutablePointer<spi_ioc_transfer>
    private nonisolated(unsafe) let dummies: UnsafeMutableRawBufferPointer

    /// A piece takes no longer on the wire, if it is more than one message.
    private static let pieceTime: UInt64 = 20_000_000

    /// Joins the bus and sets the node up.
    ///
    /// - Parameters:
    ///   - nodes: all of the controller's, this one first.
    ///   - open: opens and locks a node.
    /// - Throws: `notSupported`, with what the controller lacks; `busy`; what opening fails with.
    init(
        _ bus: SPIDevBus, path: String, nodes: [String], name: String, settings: SPISettings,
        limits: SPIMessageLimits, calls: any SPIDevCalls, open: (String) throws(PeripheralError) -> Int32
    ) throws(PeripheralError) {
        let place = try bus.join(nodes, open: open)
        let node = SPINodeSetup(calls: calls, descriptor: place.descriptor, path: path)
        let before: hil_spi_setup
        let mode: SPIMode
        do throws(PeripheralError) {
            before = try node.read()
            mode = SPIMode(settings, on: SPIMode(rawValue: before.mode))
            do throws(PeripheralError) {
                try node.apply(mode)
                try node.apply(bits: settings.bitsPerWord)
            } catch {
                node.restore(before)
                throw error
            }
        } catch {
            bus.leave(place.user)
            throw error
        }
        self.bus = bus
        self.path = path
        self.place = place
        self.calls = calls
        self.limits = limits
        self.before = before
        watch = NodeWatch(path)
        transfers = .allocate(capacity: SPIMessageLimits.mostTransfers)
        dummies = .allocate(byteCount: limits.longestTransfer, alignment: 64)
        dummies.initializeMemory(as: UInt8.self, repeating: settings.dummyByte)
        var facts = DriverFacts(
            kind: .spi, name: name, hasWire: true, bitsPerByte: Self.bitsPerByte(settings.bitsPerWord))
        facts.startsInCaller = false
        facts.identity = DeviceIdentity(node: path)
        self.facts = facts
        // Before anybody sets it, a node says how fast its device and its controller are; 0 is not known.
        let fastest = before.speed == 0 ? UInt32.max : before.speed
        let defaults = SPITransferDefaults(settings, mode, fastest: fastest)
        rate = AtomicRate(defaults.speed)
        state = .allocate(capacity: 1)
        state.initialize(to: State(defaults, mode))
    }

    deinit {
        state.deallocate()
        transfers.deallocate()
        dummies.deallocate()
    }

    /// Words have 1, 2 or 4 bytes in memory.
    private static func bytesPerWord(_ bits: Int) -> Int { bits <= 8 ? 1 : bits <= 16 ? 2 : 4 }

    private static func bitsPerByte(_ bits: Int) -> Int { (bits + bytesPerWord(bits) - 1) / bytesPerWord(bits) }

    var speed: UInt32 { rate.value }

    // MARK: Transfers

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        guard bus.take(place.user) else { return 0 }
        return try withUnsafeTemporaryAllocation(of: SPISegment.self, capacity: 2) {
            (parts) throws(PeripheralError) in
            parts[0] = SPISegment(sent: segment.transmit, received: segment.receive, count: segment.count)
            var count = 1
            if let turn = segment.turn {
                parts[0] = SPISegment(sent: segment.transmit, received: nil, count: turn)
                parts[1] = SPISegment(sent: nil, received: segment.receive, count: segment.count - turn)
                count = 2
            }
            return try carryOut(UnsafeBufferPointer(rebasing: parts[..<count]), bytes: pieceBytes) { false }.bytes
        }
    }

    /// Bytes of a piece.
    private var pieceBytes: Int { Int(Self.pieceTime * UInt64(state.pointee.defaults.speed) / 8_000_000_000) }

    /// Sends messages until all is sent, about so many `bytes` are, or `isOver`, which is asked after each piece, and then
    /// lets go of the bus unless chip select is held.
    @inline(__always)
    private func carryOut(
        _ segments: UnsafeBufferPointer<SPISegment>, bytes most: Int, _ isOver: () -> Bool
    ) throws(PeripheralError) -> (bytes: Int, isComplete: Bool) {
        do throws(PeripheralError) {
            try check(segments)
        } catch {
            letGoOfBus()
            throw error
        }
        var plan = SPIMessagePlan(
            limits, state.pointee.defaults, template: state.pointee.template, segments,
            isSelected: state.pointee.isSelected, releasesAtEnd: !state.pointee.holds)
        let piece = pieceBytes
        var (done, nextQuestion) = (0, 0)
        var message = SPIMessagePlan.Message()
        while !plan.isComplete {
            if done > 0, done >= most || done >= nextQuestion && isOver() { return (done, false) }
            if done >= nextQuestion { nextQuestion = done &+ piece }
            if !plan.repeats(message, in: transfers) {
                message = plan.next(dummies: dummies.baseAddress!, into: transfers)
            }
            let result = calls.message(
                place.descriptor, UnsafeBufferPointer(start: transfers, count: message.transfers))
            guard result >= 0 else {
                // The kernel releases chip select when a message fails.
                state.pointee.isSelected = false
                letGoOfBus()
                throw failure(result, bytes: message.bytes)
            }
            done &+= message.bytes
            state.pointee.isSelected = message.keepsChipSelect
        }
        letGoOfBus()
        return (done, true)
    }

    /// Others may have the bus, unless chip select is held.
    @inline(__always)
    private func letGoOfBus() {
        if !state.pointee.isSelected { bus.finished(place.user) }
    }

    func transact(_ segments: [SPISegment], isOver: () -> Bool, event: EventDescriptor) throws(PeripheralError) {
        if !bus.take(place.user) { try awaitTurn(isOver, event) }
        if segments.count == 1, try carryOutSimply(segments[0]) { return }
        let isComplete: Bool
        do throws(PeripheralError) {
            isComplete = try segments.withUnsafeBufferPointer { (segments) throws(PeripheralError) in
                try carryOut(segments, bytes: .max, isOver).isComplete
            }
        } catch {
            abort()
            throw error
        }
        guard isComplete else {
            abort()
            throw .cancelled
        }
    }

    /// Carries out what most transactions are, one segment that is one transfer and no more; false, and nothing has been
    /// done, if this is none.
    ///
    /// Of a transaction of a few bytes, planning messages would be most of what is done here.
    @inline(__always)
    private func carryOutSimply(_ segment: SPISegment) throws(PeripheralError) -> Bool {
        guard state.pointee.isSimple, !state.pointee.isSelected, !state.pointee.holds, segment.isPlain,
            !segment.pulsesChipSelect, segment.count > 0, segment.count <= limits.longestTransfer
        else { return false }
        transfers.pointee = state.pointee.template
        transfers.pointee.tx_buf = UInt64(UInt(bitPattern: segment.sent ?? UnsafeRawPointer(dummies.baseAddress!)))
        transfers.pointee.rx_buf = UInt64(UInt(bitPattern: segment.received))
        transfers.pointee.len = UInt32(truncatingIfNeeded: segment.count)
        transfers.pointee.delay_usecs = segment.delay
        let result = calls.message(place.descriptor, UnsafeBufferPointer(start: transfers, count: 1))
        bus.finished(place.user)
        guard result >= 0 else { throw failure(result, bytes: segment.count) }
        return true
    }

    @inline(never)
    private func awaitTurn(_ isOver: () -> Bool, _ event: EventDescriptor) throws(PeripheralError) {
        repeat {
            _ = try wait(for: .room, until: .never, event: event)
            if isOver() {
                abort()
                throw .cancelled
            }
        } while !bus.take(place.user)
    }

    /// What the kernel would refuse with a number that says nothing.
    @inline(__always)
    private func check(_ segments: UnsafeBufferPointer<SPISegment>) throws(PeripheralError) {
        for place in segments.indices {
            let segment = segments.baseAddress! + place
            if !segment.pointee.isPlain || !state.pointee.defaults.isUsual { try check(segment.pointee) }
        }
    }

    @inline(never)
    private func check(_ segment: SPISegment) throws(PeripheralError) {
        guard segment.count > 0 else { return }
        let defaults = state.pointee.defaults
        let bits = segment.bitsPerWord ?? defaults.bitsPerWord
        guard (1...32).contains(bits) else {
            throw .refused(.badValue("a word has 1 to 32 bits, not \(bits)"))
        }
        let size = Self.bytesPerWord(bits)
        guard segment.count % size == 0 else {
            throw .refused(
                .badValue("\(segment.count) bytes are no whole words of \(bits) bits (\(size) bytes)"))
        }
        let isOneWay = defaults.isThreeWire || segment.receiveLanes ?? defaults.receiveLanes > 1
        if isOneWay, segment.sent != nil, segment.received != nil {
            let reason = defaults.isThreeWire ? "3-wire" : "several data lines"
            throw .notSupported("\(path): with \(reason), bytes go one way at a time")
        }
    }

    /// Why a message of so many bytes failed with a negative errno.
    @inline(never)
    private func failure(_ result: Int, bytes: Int) -> PeripheralError {
        switch Int32(-result) {
        case ESHUTDOWN, ENODEV, ENXIO, EBADF: .deviceLost(path)
        case EMSGSIZE:
            .notSupported(
                """
                \(path): the controller refuses a message of \(bytes) bytes; write ?chunk= and a smaller number
                """)
        case EINVAL:
            .notSupported("\(path): the controller refuses this rate, word length or number of data lines")
        case let number: .system(call: "SPI_IOC_MESSAGE \(path)", errno: number)
        }
    }

    func wireState() throws(PeripheralError) -> WireState { .idle(since: nil) }

    /// Releases chip select where a transfer was left in the middle.
    func abort() {
        if state.pointee.isSelected { _ = releaseChipSelect() }
        bus.finished(place.user)
    }

    /// A message of nothing, at whose end the kernel releases chip select: 0 or a negative errno.
    private func releaseChipSelect() -> Int {
        var nothing = spi_ioc_transfer()
        nothing.speed_hz = speed
        let result = withUnsafePointer(to: &nothing) {
            calls.message(place.descriptor, UnsafeBufferPointer(start: $0, count: 1))
        }
        state.pointee.isSelected = false
        return result
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(PeripheralError) -> Int { 0 }

    func discardReceived() throws(PeripheralError) {}

    func wait(
        for interests: Readiness, until deadline: MonotonicTime, event: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        // What was taken has left.
        let waitsForTurn = interests.contains(.room)
        if waitsForTurn, bus.mayTake(place.user) { return .room }
        if interests.contains(.wire) { return .wire }
        return try withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 3) {
            (descriptors) throws(PeripheralError) in
            descriptors[0] = pollfd(fd: event.number, events: Int16(POLLIN), revents: 0)
            descriptors[1] = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
            descriptors[2] = pollfd(fd: waitsForTurn ? place.turn.number : -1, events: Int16(POLLIN), revents: 0)
            let result = hil_poll(descriptors.baseAddress!, 3, deadline.nanoseconds)
            if result < 0 {
                if -result == EINTR { return [] }
                throw .system(call: "ppoll", errno: -result)
            }
            if descriptors[1].revents != 0, watch.nodeIsGone() { throw .deviceLost(path) }
            if descriptors[2].revents != 0 { place.turn.reset() }
            var ready: Readiness = []
            if descriptors[0].revents != 0 { ready.insert(.event) }
            if waitsForTurn, bus.mayTake(place.user) { ready.insert(.room) }
            return ready
        }
    }

    // MARK: Settings

    private var node: SPINodeSetup { SPINodeSetup(calls: calls, descriptor: place.descriptor, path: path) }

    func apply(_ setting: LineSetting) throws(PeripheralError) -> UInt32 {
        switch setting {
        case .speed(let rate):
            state.pointee.defaults.speed = min(rate, state.pointee.defaults.fastest)
            self.rate.value = state.pointee.defaults.speed
            return speed
        case .spiDataBits(let bits):
            guard (1...32).contains(bits) else { throw .refused(.badValue("a word has 1 to 32 bits, not \(bits)")) }
            try node.apply(bits: bits)
            state.pointee.defaults.bitsPerWord = bits
            return UInt32(bits)
        case .spiClockPhase(let phase):
            try setMode(.clockPhase, phase == .trailingEdge)
            return UInt32(phase.rawValue)
        case .spiClockPolarity(let polarity):
            try setMode(.clockPolarity, polarity == .idlesHigh)
            return UInt32(polarity.rawValue)
        case .holdChipSelect(let holds):
            state.pointee.holds = holds
            if !holds, state.pointee.isSelected {
                let result = releaseChipSelect()
                bus.finished(place.user)
                if result < 0 { throw failure(result, bytes: 0) }
            }
            return holds ? 1 : 0
        case .modemLines, .breakSignal:
            throw .notSupported("\(path): an SPI controller has no modem lines and no break")
        }
    }

    private func setMode(_ bit: SPIMode, _ isSet: Bool) throws(PeripheralError) {
        var mode = state.pointee.mode
        if isSet { mode.insert(bit) } else { mode.remove(bit) }
        try node.apply(mode)
        state.pointee.mode = mode
    }

    func close() {
        abort()
        node.restore(before)
        bus.leave(place.user)
    }
}

extension SPITransferDefaults {
    init(_ settings: SPISettings, _ mode: SPIMode, fastest: UInt32) {
        self.init(
            speed: min(settings.speed, fastest), fastest: fastest, bitsPerWord: settings.bitsPerWord,
            sendLanes: settings.sendLanes, receiveLanes: settings.receiveLanes,
            isThreeWire: mode.contains(.threeWire), setupTime: UInt16((settings.setupTime + 999) / 1000),
            holdTime: UInt16((settings.holdTime + 999) / 1000), wordDelay: settings.wordDelay)
    }
}
