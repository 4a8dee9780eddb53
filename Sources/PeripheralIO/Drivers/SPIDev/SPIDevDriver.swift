import CLinux
import Glibc
import RTOS
import Synchronization

/// A device on the bus of a Linux SPI controller, by its spidev node.
///
/// A request to the kernel returns when its bytes are off the wire, so what was taken is complete. Long transfers are
/// taken piece by piece, chip select kept, so that they can be ended in between.
final class SPIDevDriver: Driver {
    private struct State: ~Copyable {
        var defaults: SPITransferDefaults
        var mode: SPIMode
        /// Chip select is to stay asserted between transfers.
        var holds = false
        /// It is asserted: between transfers that hold it, or between two pieces of one.
        var isSelected = false
    }

    let facts: DriverFacts
    private let path: String
    private let bus: SPIDevBus
    private let place: SPIDevBus.Place
    private let calls: any SPIDevCalls
    private let limits: SPIMessageLimits
    private let before: hil_spi_setup
    private let watch: NodeWatch
    private let state: Guarded<State>
    /// For whoever has the bus.
    private nonisolated(unsafe) let transfers: UnsafeMutableBufferPointer<spi_ioc_transfer>
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
        self.facts = facts
        // Before anybody sets it, a node says how fast its device and its controller are; 0 is not known.
        let fastest = before.speed == 0 ? UInt32.max : before.speed
        state = Guarded(State(defaults: SPITransferDefaults(settings, mode, fastest: fastest), mode: mode))
    }

    deinit {
        transfers.deallocate()
        dummies.deallocate()
    }

    /// Words have 1, 2 or 4 bytes in memory.
    private static func bytesPerWord(_ bits: Int) -> Int { bits <= 8 ? 1 : bits <= 16 ? 2 : 4 }

    private static func bitsPerByte(_ bits: Int) -> Int { (bits + bytesPerWord(bits) - 1) / bytesPerWord(bits) }

    var speed: UInt32 { state.withLock { $0.defaults.speed } }

    // MARK: Transfers

    func transmit(_ segment: Segment) throws(PeripheralError) -> Int {
        guard bus.take(place.user) else { return 0 }
        let (defaults, isSelected, holds) = state.withLock { ($0.defaults, $0.isSelected, $0.holds) }
        return try withUnsafeTemporaryAllocation(of: SPISegment.self, capacity: 2) {
            (parts) throws(PeripheralError) in
            parts[0] = SPISegment(sent: segment.transmit, received: segment.receive, count: segment.count)
            var count = 1
            if let turn = segment.turn {
                parts[0] = SPISegment(sent: segment.transmit, received: nil, count: turn)
                parts[1] = SPISegment(sent: nil, received: segment.receive, count: segment.count - turn)
                count = 2
            }
            let plan = SPIMessagePlan(limits, defaults, isSelected: isSelected, releasesAtEnd: !holds)
            let time = UInt64(Self.pieceTime) * UInt64(defaults.speed) / 8_000_000_000
            let outcome = try carryOut(plan, UnsafeBufferPointer(rebasing: parts[..<count]), bytes: Int(time)) { false }
            if outcome.isComplete { letGoOfBus() }
            return outcome.bytes
        }
    }

    /// Sends messages until all is sent, about so many `bytes` are, or `isOver`.
    private func carryOut(
        _ first: SPIMessagePlan, _ segments: UnsafeBufferPointer<SPISegment>, bytes most: Int, _ isOver: () -> Bool
    ) throws(PeripheralError) -> (bytes: Int, isComplete: Bool) {
        do throws(PeripheralError) {
            try check(segments, first.defaults)
        } catch {
            letGoOfBus()
            throw error
        }
        var plan = first
        var done = 0
        while !plan.isComplete(of: segments) {
            if done > 0, done >= most || isOver() { return (done, false) }
            let message = plan.next(of: segments, dummies: dummies.baseAddress!, into: transfers)
            let result = calls.message(
                place.descriptor, UnsafeBufferPointer(rebasing: transfers[..<message.transfers]))
            guard result >= 0 else {
                // The kernel releases chip select when a message fails.
                noteSelected(false)
                letGoOfBus()
                throw failure("SPI_IOC_MESSAGE", Int32(-result), message)
            }
            done += message.bytes
            noteSelected(message.keepsChipSelect)
        }
        return (done, true)
    }

    private func noteSelected(_ isSelected: Bool) {
        state.withLock { $0.isSelected = isSelected }
    }

    /// Others may have the bus, unless chip select is held.
    private func letGoOfBus() {
        if !state.withLock({ $0.isSelected }) { bus.finished(place.user) }
    }

    func transact(_ segments: [SPISegment], isOver: () -> Bool, event: EventDescriptor) throws(PeripheralError) {
        while !bus.take(place.user) {
            _ = try wait(for: .room, until: .never, event: event)
            if isOver() {
                abort()
                throw .cancelled
            }
        }
        let (defaults, isSelected, holds) = state.withLock { ($0.defaults, $0.isSelected, $0.holds) }
        let plan = SPIMessagePlan(limits, defaults, isSelected: isSelected, releasesAtEnd: !holds)
        let isComplete: Bool
        do throws(PeripheralError) {
            isComplete = try segments.withUnsafeBufferPointer { (segments) throws(PeripheralError) in
                try carryOut(plan, segments, bytes: .max, isOver).isComplete
            }
        } catch {
            abort()
            throw error
        }
        guard isComplete else {
            abort()
            throw .cancelled
        }
        letGoOfBus()
    }

    /// What the kernel would refuse with a number that says nothing.
    private func check(
        _ segments: UnsafeBufferPointer<SPISegment>, _ defaults: SPITransferDefaults
    ) throws(PeripheralError) {
        for segment in segments where segment.count > 0 {
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
    }

    private func failure(_ call: String, _ number: Int32, _ message: SPIMessagePlan.Message) -> PeripheralError {
        switch number {
        case ESHUTDOWN, ENODEV, ENXIO, EBADF: .deviceLost(path)
        case EMSGSIZE:
            .notSupported(
                """
                \(path): the controller refuses a message of \(message.bytes) bytes; write ?chunk= and a smaller number
                """)
        case EINVAL:
            .notSupported("\(path): the controller refuses this rate, word length or number of data lines")
        default: .system(call: "\(call) \(path)", errno: number)
        }
    }

    func wireState() throws(PeripheralError) -> WireState { .idle(since: nil) }

    /// Releases chip select where a transfer was left in the middle.
    func abort() {
        if state.withLock({ $0.isSelected }) { _ = releaseChipSelect() }
        bus.finished(place.user)
    }

    /// A message of nothing, at whose end the kernel releases chip select: 0 or a negative errno.
    private func releaseChipSelect() -> Int {
        var nothing = spi_ioc_transfer()
        nothing.speed_hz = speed
        let result = withUnsafePointer(to: &nothing) {
            calls.message(place.descriptor, UnsafeBufferPointer(start: $0, count: 1))
        }
        state.withLock { $0.isSelected = false }
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
            return state.withLock { state in
                state.defaults.speed = min(rate, state.defaults.fastest)
                return state.defaults.speed
            }
        case .spiDataBits(let bits):
            guard (1...32).contains(bits) else { throw .refused(.badValue("a word has 1 to 32 bits, not \(bits)")) }
            try node.apply(bits: bits)
            state.withLock { $0.defaults.bitsPerWord = bits }
            return UInt32(bits)
        case .spiClockPhase(let phase):
            try setMode(.clockPhase, phase == .trailingEdge)
            return UInt32(phase.rawValue)
        case .spiClockPolarity(let polarity):
            try setMode(.clockPolarity, polarity == .idlesHigh)
            return UInt32(polarity.rawValue)
        case .holdChipSelect(let holds):
            state.withLock { $0.holds = holds }
            if !holds, state.withLock({ $0.isSelected }) {
                let result = releaseChipSelect()
                bus.finished(place.user)
                if result < 0 { throw failure("SPI_IOC_MESSAGE", Int32(-result), SPIMessagePlan.Message()) }
            }
            return holds ? 1 : 0
        case .modemLines, .breakSignal:
            throw .notSupported("\(path): an SPI controller has no modem lines and no break")
        }
    }

    private func setMode(_ bit: SPIMode, _ isSet: Bool) throws(PeripheralError) {
        var mode = state.withLock { $0.mode }
        if isSet { mode.insert(bit) } else { mode.remove(bit) }
        try node.apply(mode)
        state.withLock { $0.mode = mode }
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
