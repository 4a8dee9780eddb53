import RTOS

/// The engine's course through time: what it does next, how long that takes, and what holds it up.
extension MPSSEEngine {
    enum Step: Hashable {
        /// A byte from the host is missing.
        case starved
        /// Nothing goes on until replies are read, or a pin changes; if the wire has stalled, for ever.
        case blocked
        /// What the FIFO begins with takes so many ticks.
        case command(ticks: UInt64)
        /// So many bytes can be shifted.
        case bytes(ShiftOpcode, count: Int)
        /// All bytes are shifted.
        case endOfShift
        /// So many clocks can run.
        case clocks(UInt64)
        /// The wait for GPIOL1 is over, or all clocks have run.
        case endOfWait
    }

    var byteTicks: UInt64 { 8 * bitClock.bitTicks }

    var nextStep: Step {
        switch state {
        case .idle: nextCommand
        case .shifting(let opcode, let rest): nextBytes(opcode, rest)
        case .waiting(let level): hasGPIOL1(level) ? .endOfWait : .blocked
        case .clocking(let rest, let level):
            if rest == 0 || level.map(hasGPIOL1) == true {
                .endOfWait
            } else if isWithoutReturnClock || isStalled {
                .blocked
            } else {
                .clocks(rest ?? .max)
            }
        }
    }

    private var nextCommand: Step {
        guard !commands.isEmpty else { return .starved }
        let opcode = commands.peek(0)
        if let shift = ShiftOpcode(opcode) {
            guard commands.count > shift.operandCount else { return .starved }
            let taking = Self.ticksPerCommandByte * UInt64(1 + shift.operandCount)
            guard shift.isBits else { return .command(ticks: taking) }
            if isWithoutReturnClock || isStalled || shift.reads && replies.space == 0 { return .blocked }
            return .command(ticks: taking + UInt64(commands.peek(1) & 7 + 1) * bitClock.bitTicks)
        }
        let known = MPSSEOpcode(rawValue: opcode)
        let operands = known?.operandCount ?? 0
        guard commands.count > operands else { return .starved }
        guard replies.space >= Self.replyCount(known) else { return .blocked }
        return .command(ticks: Self.ticksPerCommandByte * UInt64(1 + operands))
    }

    /// How many bytes an opcode that shifts nothing is answered with.
    private static func replyCount(_ opcode: MPSSEOpcode?) -> Int {
        switch opcode {
        case .readLowByte, .readHighByte: 1
        case nil: 2
        default: 0
        }
    }

    private func nextBytes(_ opcode: ShiftOpcode, _ rest: Int) -> Step {
        guard rest > 0 else {
            return opcode.reads && replies.space < line.leftOver ? .blocked : .endOfShift
        }
        if isWithoutReturnClock { return .blocked }
        if opcode.writesData, commands.isEmpty { return .starved }
        let there = opcode.writesData ? min(rest, commands.count) : rest
        // Places that lost bytes have left open may be filled at any time.
        let room = max(0, replies.space - line.leftOver)
        let fitting = faults.crossing(opcode.reads ? min(there, room) : there, after: bytesOnWire)
        return fitting == 0 ? .blocked : .bytes(opcode, count: fitting)
    }

    private func hasGPIOL1(_ level: Bool) -> Bool { wiring.levels.contains(.gpioL1) == level }
    private var isStalled: Bool { faults.crossing(1, after: bytesOnWire) == 0 }
    private var isWithoutReturnClock: Bool {
        isAdaptive
            && (hasLostReturnClock || wiring.levels.contains(.returnClock) != wiring.levels.contains(.clock))
    }

    // MARK: Time

    /// How many clocks of an endless run reach the pins in one go; beyond these time passes without edges, so that
    /// somebody who comes back late is not kept from going on.
    private static let mostEndlessClocks: UInt64 = 1 << 18

    /// Does what there is to do up to `now`. A step that ends later is done as a whole when its end has come.
    public mutating func advance(to now: MonotonicTime) {
        let target = BitClock.tick(at: now)
        var endlessClocks = Self.mostEndlessClocks
        while true {
            switch nextStep {
            case .starved, .blocked:
                tick = max(tick, target)
                return
            case .command(let ticks):
                guard tick + ticks <= target else { return }
                execute(ending: tick + ticks)
            case .bytes(let opcode, let count):
                let due = due(UInt64(count), each: byteTicks, by: target)
                guard due > 0 else { return }
                shiftBytes(opcode, count: Int(due))
            case .endOfShift: endShift()
            case .clocks(let count):
                let due = due(count, each: bitClock.bitTicks, by: target)
                guard due > 0 else { return }
                if count == .max, endlessClocks == 0 {
                    skipClocks(due)
                } else {
                    let before = tick
                    runClocks(count == .max ? min(due, endlessClocks) : due)
                    if count == .max { endlessClocks -= min(endlessClocks, (tick - before) / bitClock.bitTicks) }
                }
            case .endOfWait: state = .idle
            }
        }
    }

    private func due(_ count: UInt64, each ticks: UInt64, by target: BitClock.Tick) -> UInt64 {
        target > tick ? min(count, (target - tick) / ticks) : 0
    }

    /// When something may have changed of its own accord: never later than the moment when there is room for `space`
    /// bytes of commands, or `replies` bytes wait to be read; nil if nothing changes until the host does something or
    /// a pin changes from outside.
    public func nextChange(space: Int? = nil, replies wanted: Int? = nil) -> MonotonicTime? {
        switch nextStep {
        case .starved, .blocked: return nil
        case .command(let ticks): return BitClock.time(of: tick + ticks)
        case .endOfShift, .endOfWait: return BitClock.time(of: tick)
        case .clocks(let count):
            // What ends an endless clock is a pin: one that somebody changes from outside, or a device on a clock.
            let changes = clockCanChangePins ? 1 : count
            return changes == .max ? nil : BitClock.time(of: tick + changes * bitClock.bitTicks)
        case .bytes(let opcode, let count):
            var bytes = count
            if let space, opcode.writesData, space > commands.space { bytes = min(bytes, space - commands.space) }
            if let wanted, opcode.reads, wanted > replies.count { bytes = min(bytes, wanted - replies.count) }
            return BitClock.time(of: tick + UInt64(bytes) * byteTicks)
        }
    }
}
