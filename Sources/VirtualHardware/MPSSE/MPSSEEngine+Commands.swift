import RTOS

/// What each opcode does.
extension MPSSEEngine {
    /// Carries out what the FIFO begins with, which ends at `end`.
    mutating func execute(ending end: BitClock.Tick) {
        let opcode = commands.removeFirst()
        if let shift = ShiftOpcode(opcode) {
            beginShift(shift, ending: end)
        } else if let known = MPSSEOpcode(rawValue: opcode) {
            tick = end
            execute(known)
        } else {
            tick = end
            reply(MPSSEOpcode.badCommand)
            reply(opcode)
        }
    }

    private mutating func beginShift(_ shift: ShiftOpcode, ending end: BitClock.Tick) {
        guard shift.isBits else {
            let length = operandWord()
            tick = end
            state = .shifting(shift, rest: Int(length) + 1)
            return
        }
        let count = Int(commands.removeFirst() & 7) + 1
        let data = shift.writes ? commands.removeFirst() : 0
        tick = end - UInt64(count) * bitClock.bitTicks
        let input = shiftBits(data, count: count, shift)
        bytesOnWire += 1
        guard shift.reads else { return }
        passReply(input)
        endShift()
    }

    private mutating func execute(_ opcode: MPSSEOpcode) {
        switch opcode {
        case .setLowByte: setPins(shift: 0)
        case .setHighByte: setPins(shift: 8)
        case .readLowByte: reply(wiring.levels.lowByte)
        case .readHighByte: reply(wiring.levels.highByte)
        case .connectLoopback: isLooped = true
        case .disconnectLoopback: isLooped = false
        case .setDivisor: bitClock.divisor = operandWord()
        case .sendImmediate: flushMark = repliesMade
        case .waitHigh: state = .waiting(level: true)
        case .waitLow: state = .waiting(level: false)
        case .disableDivideByFive: bitClock.dividesByFive = false
        case .enableDivideByFive: bitClock.dividesByFive = true
        case .enableThreePhase: bitClock.isThreePhase = true
        case .disableThreePhase: bitClock.isThreePhase = false
        case .clockBits: state = .clocking(rest: UInt64(commands.removeFirst() & 7) + 1, until: nil)
        case .clockBytes: state = .clocking(rest: 8 * (UInt64(operandWord()) + 1), until: nil)
        case .clockUntilHigh: state = .clocking(rest: nil, until: true)
        case .clockUntilLow: state = .clocking(rest: nil, until: false)
        case .clockBytesUntilHigh: state = .clocking(rest: 8 * (UInt64(operandWord()) + 1), until: true)
        case .clockBytesUntilLow: state = .clocking(rest: 8 * (UInt64(operandWord()) + 1), until: false)
        case .enableAdaptive: isAdaptive = true
        case .disableAdaptive: (isAdaptive, hasLostReturnClock) = (false, false)
        case .driveOnlyZero:
            openDrain = PinSet(rawValue: operandWord())
            drivePins(at: tick)
        }
    }

    private mutating func operandWord() -> UInt16 {
        let low = commands.removeFirst()
        return UInt16(low) | UInt16(commands.removeFirst()) << 8
    }

    private mutating func setPins(shift: UInt16) {
        let byte = PinSet(rawValue: 0xFF << shift)
        let levels = PinSet(rawValue: UInt16(commands.removeFirst()) << shift)
        let directions = PinSet(rawValue: UInt16(commands.removeFirst()) << shift)
        latch = latch.subtracting(byte).union(levels)
        outputs = outputs.subtracting(byte).union(directions)
        drivePins(at: tick)
    }

    mutating func drivePins(at tick: BitClock.Tick) {
        let driven = outputs.subtracting(openDrain.intersection(latch))
        wiring.drive(PinDrive(driven, levels: latch), at: BitClock.time(of: tick))
    }

    /// An answer to an opcode that shifts nothing.
    private mutating func reply(_ byte: UInt8) {
        var sent = byte
        if faults.wrongReply > 0, Double.random(in: 0..<1, using: &wrongReplies) < faults.wrongReply {
            sent ^= UInt8.random(in: 1...255, using: &wrongReplies)
        }
        append(sent)
    }

    /// There is room for it.
    mutating func append(_ byte: UInt8) {
        if replies.append(byte) { repliesMade += 1 }
    }
}
