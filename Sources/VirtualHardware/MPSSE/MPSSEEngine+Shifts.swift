import RTOS

/// Bits and bytes on the pins.
extension MPSSEEngine {
    // MARK: Bytes

    /// Shifts bytes that are there, whose time has come and whose answers have room.
    mutating func shiftBytes(_ opcode: ShiftOpcode, count: Int) {
        guard case .shifting(_, let rest) = state else { return }
        state = .shifting(opcode, rest: rest - count)
        bytesOnWire += UInt64(count)
        let shape = byteShift(opcode)
        if passesWholeBytes(shape) {
            shiftWhole(opcode, shape, count: count)
        } else {
            for _ in 0..<count {
                let data = opcode.writesData ? commands.removeFirst() : 0
                let input = shiftBits(data, count: 8, opcode)
                if opcode.reads { passReply(input) }
            }
        }
    }

    private func byteShift(_ opcode: ShiftOpcode) -> ByteShift {
        let restsHigh = latch.contains(.clock)
        return ByteShift(
            restsHigh: restsHigh,
            writesOnLeading: opcode.writes && opcode.writesOnFalling == restsHigh,
            samplesOnLeading: opcode.readsOnFalling == restsHigh,
            leastSignificantFirst: opcode.leastSignificantFirst,
            start: tick, bitClock: bitClock)
    }

    /// True if what is on the pins makes the same of bytes as of edges: the three pins are wired as for SPI.
    private func passesWholeBytes(_ shape: ByteShift) -> Bool {
        let bus: PinSet = [.clock, .dataOut, .dataIn]
        guard !isAdaptive, outputs.intersection(bus) == [.clock, .dataOut], openDrain.isDisjoint(with: bus) else {
            return false
        }
        // Inside the chip DI is sampled from DO, which must still hold the bit.
        if isLooped, !bitClock.isThreePhase, shape.writesOnLeading, !shape.samplesOnLeading { return false }
        return wiring.takesBytes(shape)
    }

    /// The same as edge by edge, without a call for each of them.
    private mutating func shiftWhole(_ opcode: ShiftOpcode, _ shape: ByteShift, count: Int) {
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { buffer in
            if opcode.writesData {
                _ = commands.take(into: buffer)
            } else {
                _ = buffer.initializeMemory(as: UInt8.self, repeating: latch.contains(.dataOut) ? 0xFF : 0)
            }
            let lastBit: UInt8 = opcode.leastSignificantFirst ? 0x80 : 0x01
            let lastLevel = buffer[count - 1] & lastBit != 0
            if opcode.reads, isLooped { appendReplies(UnsafeRawBufferPointer(buffer)) }
            wiring.shiftBytes(buffer, shape, lastLevel: lastLevel)
            if opcode.reads, !isLooped { appendReplies(UnsafeRawBufferPointer(buffer)) }
            latch = latch.setting(.dataOut, to: lastLevel)
        }
        passTime(bits: UInt64(count) * 8)
    }

    private mutating func appendReplies(_ bytes: UnsafeRawBufferPointer) {
        guard faults.isTransparent else {
            for byte in bytes { passReply(byte) }
            return
        }
        repliesMade += UInt64(replies.append(bytes))
    }

    /// A byte has come in over the wire.
    mutating func passReply(_ byte: UInt8) {
        guard !faults.isTransparent else { return append(byte) }
        var line = line
        line.pass(byte) { _, byte in append(byte) }
        self.line = line
    }

    mutating func endShift() {
        state = .idle
        guard !faults.isTransparent else { return }
        var line = line
        line.end { _, byte in append(byte) }
        self.line = line
    }

    // MARK: Bits

    /// Shifts one to eight bits, edge by edge, and answers what came in: most significant first it ends at bit 0,
    /// least significant first at bit 7 (AN_108, section 3.3).
    mutating func shiftBits(_ data: UInt8, count: Int, _ opcode: ShiftOpcode) -> UInt8 {
        let shape = byteShift(opcode)
        let half = bitClock.halfPeriod
        // With three phases every bit is put out half a period ahead of its first edge.
        let bringsNext = shape.writesOnLeading && !bitClock.isThreePhase
        var input: UInt8 = 0
        for bit in 0..<count {
            let start = tick + UInt64(bit) * bitClock.bitTicks
            if opcode.writes, bit == 0 || !bringsNext { putOut(data, bit, opcode, at: start) }
            if shape.samplesOnLeading { sample(into: &input, opcode) }
            setClock(!shape.restsHigh, at: start + half)
            if bringsNext, bit + 1 < count { putOut(data, bit + 1, opcode, at: start + half) }
            if !shape.samplesOnLeading { sample(into: &input, opcode) }
            setClock(shape.restsHigh, at: start + 2 * half)
        }
        passTime(bits: UInt64(count))
        return input
    }

    private mutating func putOut(_ data: UInt8, _ bit: Int, _ opcode: ShiftOpcode, at tick: BitClock.Tick) {
        let level = data >> UInt8(opcode.leastSignificantFirst ? bit : 7 - bit) & 1 != 0
        if opcode.writesTMS {
            // Bit 7 stands on DO while TMS is clocked (AN_108, section 3.5).
            latch = latch.setting(.dataOut, to: data & 0x80 != 0).setting(.chipSelect, to: level)
        } else {
            latch = latch.setting(.dataOut, to: level)
        }
        drivePins(at: tick)
    }

    private func sample(into input: inout UInt8, _ opcode: ShiftOpcode) {
        let level = isLooped ? latch.contains(.dataOut) : wiring.levels.contains(.dataIn)
        input = opcode.leastSignificantFirst ? input >> 1 | (level ? 0x80 : 0) : input << 1 | (level ? 1 : 0)
    }

    private mutating func setClock(_ level: Bool, at tick: BitClock.Tick) {
        latch = latch.setting(.clock, to: level)
        drivePins(at: tick)
        if isAdaptive, wiring.levels.contains(.returnClock) != wiring.levels.contains(.clock) {
            hasLostReturnClock = true
        }
    }

    private mutating func passTime(bits: UInt64) {
        let end = tick + bits * bitClock.bitTicks
        activity.add(from: tick, to: end)
        tick = end
    }

    // MARK: Clocks without data

    /// A clock without data, as it looks to a device that takes bytes.
    private var idleShift: ByteShift {
        ByteShift(
            restsHigh: latch.contains(.clock), writesOnLeading: false, samplesOnLeading: false,
            leastSignificantFirst: false, start: tick, bitClock: bitClock)
    }

    /// True if a clock on SCK may change other pins than DI, and with them the one that clocks may wait for.
    var clockCanChangePins: Bool { !passesWholeBytes(idleShift) }

    /// Runs at most so many clocks, fewer if the pin that they wait for changes.
    mutating func runClocks(_ count: UInt64) {
        guard case .clocking(_, let until) = state else { return }
        let bytes = Int(min(count / 8, UInt64(Self.fifoCapacity)))
        if bytes > 0, !clockCanChangePins {
            let shape = idleShift
            let level = latch.contains(.dataOut)
            withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 1) { buffer in
                _ = buffer.initializeMemory(as: UInt8.self, repeating: level ? 0xFF : 0)
                wiring.shiftBytes(buffer, shape, lastLevel: level)
            }
            return skipClocks(UInt64(bytes) * 8)
        }
        let half = bitClock.halfPeriod
        let restsHigh = latch.contains(.clock)
        var done: UInt64 = 0
        repeat {
            let start = tick + done * bitClock.bitTicks
            setClock(!restsHigh, at: start + half)
            setClock(restsHigh, at: start + 2 * half)
            done += 1
        } while done < count && until.map { wiring.levels.contains(.gpioL1) != $0 } ?? true
        skipClocks(done)
    }

    /// Lets the time of so many clocks pass.
    mutating func skipClocks(_ count: UInt64) {
        guard case .clocking(let rest, let until) = state else { return }
        state = .clocking(rest: rest.map { $0 - min($0, count) }, until: until)
        passTime(bits: count)
    }
}
