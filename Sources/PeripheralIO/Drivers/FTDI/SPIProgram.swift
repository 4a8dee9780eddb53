/// One transfer under one chip select, as the MPSSE is told of it: a row of OUT transfers that are made one at a time, as
/// there is room for them. A plain value; the caller's bytes are passed on by address.
///
/// The row is: commands that set the clock and assert chip select; for each 64 KiB an opcode with its length and, if it
/// sends, the caller's own bytes as a transfer of their own; commands that release chip select; and the fence, an answer
/// that the chip gives, at once, when all of that is off the wire.
struct SPIProgram {
    /// The most bytes that one opcode shifts.
    static let pieceLength = 65536
    /// Bytes that are put behind their opcode, rather than sent from where they are: a transfer more costs more than
    /// copying so few.
    static let inlineLength = 64
    /// The most bytes that the commands of one OUT transfer take.
    static let commandCapacity = 512

    enum Part: Equatable {
        /// What stands in the command buffer.
        case commands
        /// Bytes of the segment, from this place on.
        case payload(offset: Int, count: Int)
        /// As many dummy bytes.
        case dummies(count: Int)
    }

    private enum Phase { case select, shift, release, fence, done }

    let segment: Segment
    let setup: SPISetup
    private let edges: SPISelect
    private var phase = Phase.select
    private var position = 0
    /// What goes out before anything else: its opcode has.
    private var owed: Part?

    init(_ segment: Segment, _ setup: SPISetup, _ edges: SPISelect) {
        self.segment = segment
        self.setup = setup
        self.edges = edges
    }

    /// Bytes of the segment that go out and nothing comes in for.
    private var writeOnly: Int { segment.receive == nil ? segment.count : segment.turn ?? 0 }

    /// Bytes that come in, without the fence's.
    var replyLength: Int { segment.count - writeOnly }
    /// Where they go.
    var replyPlace: UnsafeMutableRawPointer? { segment.receive }

    var isDone: Bool { phase == .done && owed == nil }

    /// Makes the next OUT transfer; nil if that was all. `commands` is empty, and used only where the answer says so.
    mutating func next(into commands: inout CommandBuffer) -> Part? {
        if let part = owed {
            owed = nil
            return part
        }
        if phase == .done { return nil }
        if phase == .select {
            guard commands.space >= MPSSEClock.commandLength + edges.selectLength else { return .commands }
            setup.clock?.append(to: &commands)
            edges.appendSelect(to: &commands)
            phase = segment.count > 0 ? .shift : .release
        }
        while phase == .shift {
            guard commands.space >= Self.shiftLength else { return .commands }
            if appendShift(to: &commands) { return .commands }
        }
        if phase == .release {
            guard commands.space >= edges.releaseLength else { return .commands }
            edges.appendRelease(to: &commands)
            phase = .fence
        }
        guard commands.space >= 2 else { return .commands }
        commands.append(MPSSECommand.readLowByte)
        commands.append(MPSSECommand.sendImmediate)
        phase = .done
        return .commands
    }

    /// The most bytes that one opcode takes, with what may stand before and behind it.
    private static let shiftLength = 3 + 3 + inlineLength

    /// Puts one opcode; true if what it sends has to go out before anything else.
    private mutating func appendShift(to commands: inout CommandBuffer) -> Bool {
        let isWriting = position < writeOnly
        let end = isWriting ? writeOnly : segment.count
        let count = min(end - position, Self.pieceLength)
        if position == segment.turn, !isWriting { edges.appendTurn(to: &commands) }
        let source = source(at: position, count)
        commands.append(opcode(isWriting: isWriting, sends: source != nil), word: UInt16(count - 1))
        defer {
            position += count
            if position == segment.count { phase = .release }
        }
        guard let source else { return false }
        if case .payload(let offset, let count) = source, count <= Self.inlineLength, !segment.isInPlace {
            commands.append(copying: UnsafeRawBufferPointer(start: segment.transmit! + offset, count: count))
            return false
        }
        owed = source
        return true
    }

    private func opcode(isWriting: Bool, sends: Bool) -> UInt8 {
        if isWriting { return setup.shift.writeOpcode }
        return sends ? setup.shift.exchangeOpcode : setup.shift.readOpcode
    }

    /// Where the bytes come from that go out; nil where the level at which MOSI rests will do.
    private func source(at position: Int, _ count: Int) -> Part? {
        let isWriting = position < writeOnly
        if segment.transmit != nil, segment.turn == nil || isWriting { return .payload(offset: position, count: count) }
        return isWriting || !setup.dummyIsLevel ? .dummies(count: count) : nil
    }
}

/// How a device on an SPI bus wants to be talked to.
struct SPISetup: @unchecked Sendable {
    var shift: SPIShift
    /// What the chip has to be told of the clock; nil if it knows.
    var clock: MPSSEClock?
    /// What goes out while only reading.
    var dummyByte: UInt8 = 0xFF
    /// As many of them as one opcode takes; nil if MOSI need only rest at their level.
    var dummies: UnsafeRawPointer?

    /// The dummy byte is all ones or all zeros: MOSI need only rest there.
    var dummyIsLevel: Bool { dummyByte == 0xFF || dummyByte == 0 }
}

/// What the pins do around a transfer. A change of chip select leaves the other pins as they are.
struct SPISelect: Hashable, Sendable {
    /// The pins while the device is selected, and afterwards.
    var selected: MPSSEPins
    var released: MPSSEPins
    /// SCK once chip select is asserted: it takes the other level where edges are swapped.
    var clockRestsHigh: Bool
    /// Chip select is asserted already, or stays so.
    var isHeldBefore = false
    var isHeldAfter = false
    /// Nanoseconds from chip select to the first edge, and from the last edge to its release, at least.
    var setupTime: UInt32 = 0
    var holdTime: UInt32 = 0

    /// How long the chip takes over a command that sets pins, at least: three bytes in its 30 MHz engine. (No data
    /// sheet gives it; this is the shortest it can be.)
    private static let commandTime: UInt32 = 100
    /// Nanoseconds of setup and hold time that can be asked for.
    static let longestTime: UInt32 = 4_000

    private static func repeats(_ time: UInt32) -> Int { Int((min(time, longestTime) + commandTime - 1) / commandTime) }

    private func pins(_ pins: MPSSEPins, clockHigh: Bool) -> MPSSEPins {
        var pins = pins
        pins.set(MPSSEPins.clock, to: clockHigh)
        return pins
    }

    private var idleHigh: Bool { released.levels & MPSSEPins.clock != 0 }

    func appendSelect(to commands: inout CommandBuffer) {
        let resting = pins(selected, clockHigh: clockRestsHigh)
        guard !isHeldBefore else { return resting.appendLowByte(to: &commands) }
        // SCK goes to where it idles before chip select does, and to where it rests behind it.
        released.appendLowByte(to: &commands)
        pins(selected, clockHigh: idleHigh).appendLowByte(to: &commands)
        let repeats = Self.repeats(setupTime) + (clockRestsHigh != idleHigh ? 1 : 0)
        for _ in 0..<repeats { resting.appendLowByte(to: &commands) }
    }

    /// The most bytes that `appendSelect` takes.
    var selectLength: Int { 3 * (Self.repeats(setupTime) + 3) }

    /// Between writing and reading: MOSI goes to the level of the dummy byte.
    func appendTurn(to commands: inout CommandBuffer) {
        pins(selected, clockHigh: clockRestsHigh).appendLowByte(to: &commands)
    }

    func appendRelease(to commands: inout CommandBuffer) {
        guard !isHeldAfter else { return }
        for _ in 0..<Self.repeats(holdTime) { pins(selected, clockHigh: clockRestsHigh).appendLowByte(to: &commands) }
        if clockRestsHigh != idleHigh { pins(released, clockHigh: clockRestsHigh).appendLowByte(to: &commands) }
        released.appendLowByte(to: &commands)
    }

    /// The most bytes that `appendRelease` takes.
    var releaseLength: Int { isHeldAfter ? 0 : 3 * (Self.repeats(holdTime) + 2) }
}
