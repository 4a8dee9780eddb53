import RTOS

/// The Multi-Protocol Synchronous Serial Engine of an FT232H: a plain value that is told the time, the bytes that the
/// host sends and the bytes that it takes.
///
/// Opcodes are those of FTDI's AN_108. A byte is shifted once it is there, its time has come and, if it is to be read,
/// there is room for what comes in; a full reply FIFO stops the engine until it is read. Between two bytes everything
/// stands as on the chip; within a byte the pins show no state in between to who looks from outside, though each edge
/// reaches the devices at its own time. What AN_108 leaves open (SCK resting at the other level than an opcode is made
/// for, modes 1 and 3) follows its wording: the first bit is put out, then each edge named brings the next.
public struct MPSSEEngine: Sendable {
    /// Bytes that each FIFO holds (FT232H datasheet, section 4.1).
    public static let fifoCapacity = 1024
    /// How long the engine takes over an opcode and its operands, for each of these bytes, in ticks of the master
    /// clock: 67 ns. No data sheet gives it; it is of the size that back-to-back pin changes show on an oscilloscope.
    public static let ticksPerCommandByte: UInt64 = 4

    /// What the engine is in the middle of.
    enum State: Hashable, Sendable {
        /// The next byte is an opcode.
        case idle
        /// So many bytes are still to be shifted.
        case shifting(ShiftOpcode, rest: Int)
        /// For GPIOL1 to have this level.
        case waiting(level: Bool)
        /// So many clocks without data, nil for no end of them, or until GPIOL1 has this level.
        case clocking(rest: UInt64?, until: Bool?)
    }

    var state = State.idle
    var commands = ByteFIFO(capacity: fifoCapacity)
    var replies = ByteFIFO(capacity: fifoCapacity)
    /// When the engine is done with what it has done, or how far it has been idle.
    var tick: BitClock.Tick = 0
    let faults: FaultPlan
    var line: ClockedLine
    var wrongReplies: SeededGenerator
    /// Bytes put into the reply FIFO, and how many of them had been when the host was to be given them at once.
    var repliesMade: UInt64 = 0
    var flushMark: UInt64 = 0

    /// Levels that the chip would drive, whether pins are outputs, and which of these drive only low.
    var latch = PinSet()
    var outputs = PinSet()
    var openDrain = PinSet()
    public internal(set) var bitClock = BitClock()
    /// DI is connected to DO inside the chip (opcode 0x84).
    public internal(set) var isLooped = false
    /// SCK waits for its return on GPIOL3 (opcode 0x96).
    public internal(set) var isAdaptive = false
    /// RTCK did not follow SCK in the middle of a bit; nothing goes on then.
    var hasLostReturnClock = false

    /// The pins and what is wired to them.
    public internal(set) var wiring: PinWiring
    /// Bytes that have been on the wire; a shift of bits counts as one.
    public internal(set) var bytesOnWire: UInt64 = 0
    /// How busy SCK has been.
    public internal(set) var activity = ClockActivity()

    public init(wiring: PinWiring = PinWiring(), faults: FaultPlan = .none) {
        self.wiring = wiring
        self.faults = faults
        line = ClockedLine(faults)
        // Not the numbers that the line draws.
        wrongReplies = SeededGenerator(seed: ~faults.seed)
    }

    /// As after power-on, and as the bit-mode request leaves it: all pins inputs, FIFOs empty, 12 MHz base.
    public mutating func reset(at now: MonotonicTime) {
        advance(to: now)
        state = .idle
        _ = commands.removeAll()
        _ = replies.removeAll()
        flushMark = 0
        line.forget()
        (latch, outputs, openDrain) = ([], [], [])
        bitClock = BitClock()
        (isLooped, isAdaptive, hasLostReturnClock) = (false, false, false)
        drivePins(at: tick)
    }

    // MARK: The host's side

    /// Room for commands and data.
    public var space: Int { commands.space }
    /// Bytes that wait to be read.
    public var replyCount: Int { replies.count }
    /// True while a reply that was made before a send-immediate opcode has not been read.
    public var wantsFlush: Bool { flushMark > repliesMade &- UInt64(replies.count) }
    public var isUnplugged: Bool { faults.isUnplugged(after: bytesOnWire) }
    /// True once every byte that came has been dealt with.
    public var isIdle: Bool { state == .idle && commands.isEmpty }

    /// Takes what fits, and answers how many bytes that was.
    public mutating func write(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        return commands.append(bytes)
    }

    /// Gives what there is, at most `buffer.count` bytes, and answers how many.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        return replies.take(into: buffer)
    }

    /// Throws away what came and has not been dealt with.
    public mutating func discardCommands(at now: MonotonicTime) {
        advance(to: now)
        _ = commands.removeAll()
    }

    /// Throws away what waits to be read.
    public mutating func discardReplies(at now: MonotonicTime) {
        advance(to: now)
        _ = replies.removeAll()
    }

    /// Something outside the chip drives pins from now on.
    public mutating func clip(_ drive: PinDrive, at now: MonotonicTime) {
        advance(to: now)
        wiring.clip(drive, at: now)
    }

    /// Changes the first device of this type that is wired to the pins; false if there is none.
    @discardableResult
    public mutating func replaceDevice<Device: PinDevice>(with device: Device) -> Bool {
        wiring.replaceDevice(with: device)
    }

    /// Begins a new account of how busy SCK is.
    public mutating func resetActivity() {
        activity = ClockActivity()
    }
}

/// How busy SCK has been: how long it has been running, of the time from its first bit to its last.
public struct ClockActivity: Hashable, Sendable {
    private var busyTicks: UInt64 = 0
    private var first: BitClock.Tick?
    private var last: BitClock.Tick = 0

    mutating func add(from start: BitClock.Tick, to end: BitClock.Tick) {
        first = first ?? start
        last = end
        busyTicks += end - start
    }

    /// Nanoseconds for which SCK ran.
    public var busy: UInt64 { BitClock.time(of: busyTicks).nanoseconds }
    /// Nanoseconds from the first bit to the last.
    public var span: UInt64 { BitClock.time(of: last - (first ?? last)).nanoseconds }
    /// `busy` of `span`: 0 to 1; 0 if nothing has been shifted.
    public var share: Double { span == 0 ? 0 : Double(busy) / Double(span) }
    /// When the last bit ended; nil if nothing has been shifted.
    public var end: MonotonicTime? { first.map { _ in BitClock.time(of: last) } }
}
