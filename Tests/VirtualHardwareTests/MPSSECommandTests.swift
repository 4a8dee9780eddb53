import RTOS
import Testing

@testable import VirtualHardware

@Suite("MPSSE commands")
struct MPSSECommandTests {
    @Test("answers a bad opcode with 0xFA and the opcode; those of the CPU modes too")
    func badOpcodes() {
        let known = Set(MPSSEOpcode.allCases.map(\.rawValue))
        for opcode in UInt8.min ... .max where ShiftOpcode(opcode) == nil && !known.contains(opcode) {
            var engine = MPSSEEngine()
            #expect(engine.run([opcode, 0x81]) == [0xFA, opcode, 0xFF])
        }
        for cpu in 0x90...0x93 as ClosedRange<UInt8> { #expect(!known.contains(cpu)) }
        for silent in [0x00, 0x08, 0x0F, 0x40, 0x42, 0x5B, 0x7B] as [UInt8] { #expect(ShiftOpcode(silent) == nil) }
    }

    @Test("0x80 and 0x82 set levels and directions, 0x81 and 0x83 read the pins")
    func pins() {
        var engine = MPSSEEngine()
        // All inputs at first, and pulled up.
        #expect(engine.run([0x81, 0x83]) == [0xFF, 0xFF])
        #expect(engine.run([0x80, 0x00, 0x0F, 0x81], at: later(1000)) == [0xF0])
        #expect(engine.run([0x82, 0x55, 0xFF, 0x83, 0x81], at: later(2000)) == [0x55, 0xF0])
        #expect(engine.run([0x80, 0x05, 0x0F, 0x81, 0x83], at: later(3000)) == [0xF5, 0x55])
        engine.clip(PinDrive([.adbus(7), .acbus(0)]), at: later(4000))
        // ACBUS0 is an output: what is clipped on does not win.
        #expect(engine.run([0x81, 0x83], at: later(5000)) == [0x75, 0x55])
    }

    @Test("0x9E leaves high outputs to the pull-up")
    func driveOnlyZero() {
        var engine = MPSSEEngine()
        engine.clip(PinDrive([.adbus(0), .adbus(1)]), at: start)
        #expect(engine.run([0x80, 0x03, 0x03, 0x81]) == [0xFF])
        #expect(engine.run([0x9E, 0x02, 0x00, 0x81], at: later(2000)) == [0xFD])
        #expect(engine.run([0x9E, 0x00, 0x00, 0x81], at: later(3000)) == [0xFF])
    }

    @Test("0x84 connects DI to DO inside the chip, 0x85 parts them")
    func loopback() {
        var engine = MPSSEEngine()
        let exchange: [UInt8] = [0x31, 1, 0, 0x12, 0x34]
        #expect(engine.run(setUp() + [0x84] + exchange) == [0x12, 0x34])
        #expect(engine.run([0x33, 3, 0x50], at: later(100_000)) == [0x05])
        #expect(engine.run([0x85] + exchange, at: later(200_000)) == [0xFF, 0xFF])
    }

    @Test("0x86, 0x8A and 0x8B set SCK", arguments: [0, 1, 2, 3, 4, 29, 65535] as [UInt16], [true, false])
    func divisor(_ divisor: UInt16, base60MHz: Bool) {
        var engine = MPSSEEngine()
        _ = engine.run(setUp(divisor: divisor, base60MHz: base60MHz))
        let base: UInt64 = base60MHz ? 60_000_000 : 12_000_000
        #expect(engine.bitClock.bitRate == base / (2 * (1 + UInt64(divisor))))
        // Two bytes take 16 periods.
        let begin = later(10_000_000)
        #expect(engine.send([0x11, 1, 0, 1, 2], at: begin) == 5)
        engine.advance(to: .never)
        let ticks = 16 * 2 * (1 + UInt64(divisor)) * (base60MHz ? 1 : 5)
        #expect(engine.activity.busy == (ticks * 50 + 2) / 3)
    }

    @Test("a reset brings the 12 MHz base, divisor 0 and inputs")
    func afterReset() {
        var engine = MPSSEEngine()
        #expect(engine.bitClock.bitRate == 6_000_000)
        _ = engine.run(setUp(divisor: 7) + [0x84, 0x8C, 0x96, 0x9E, 0xFF, 0xFF])
        engine.reset(at: later(1_000_000))
        #expect(engine.bitClock == BitClock())
        #expect(!engine.isLooped && !engine.isAdaptive)
        #expect(engine.run([0x81], at: later(2_000_000)) == [0xFF])
    }

    @Test("0x8C holds each bit half a period longer, so that it is stable around both edges; 0x8D ends that")
    func threePhase() {
        for opcode in [0x10, 0x11] as [UInt8] {
            var engine = MPSSEEngine(wiring: PinWiring([PinRecorder(), PinWire()]))
            _ = engine.run(setUp(divisor: 5) + [0x8C])
            #expect(engine.bitClock.bitRate == 3_333_333)
            _ = engine.run([opcode, 0, 0, 0xA6], at: later(1_000_000))
            let recorder = engine.wiring.device(PinRecorder.self)!
            #expect(recorder.levels(of: .dataOut, rising: true) == bits([0xA6], leastSignificantFirst: false))
            #expect(
                recorder.levels(of: .dataOut, rising: false).suffix(8)
                    == bits([0xA6], leastSignificantFirst: false)[...])
            let edges = recorder.changes.filter { $0.time > later(1_000_000) && $0.changed == .clock }
            #expect(edges[1].time.nanoseconds(since: edges[0].time) == 100)
            #expect(edges[2].time.nanoseconds(since: edges[0].time) == 300)
            #expect(engine.run([0x8D, 0x31, 0, 0, 0xA6], at: later(2_000_000)) == [0xA6])
            #expect(engine.bitClock.bitRate == 5_000_000)
        }
    }

    @Test("0x88 and 0x89 wait for GPIOL1")
    func waits() {
        var engine = MPSSEEngine()
        // It is pulled up, so the first wait is over at once.
        _ = engine.send([0x88, 0x89, 0xAA])
        #expect(engine.replies(at: later(1_000_000)) == [])
        #expect(engine.nextChange() == nil)
        engine.clip(PinDrive(.gpioL1), at: later(1_000_000))
        #expect(engine.replies(at: later(1_000_100)) == [0xFA, 0xAA])
        _ = engine.send([0x88, 0xAB], at: later(1_001_000))
        #expect(engine.replies(at: later(2_000_000)) == [])
        engine.clip(.none, at: later(2_000_000))
        #expect(engine.replies(at: later(2_001_000)) == [0xFA, 0xAB])
    }

    @Test("0x8E and 0x8F clock without data")
    func clocks() {
        var engine = MPSSEEngine(wiring: PinWiring([PinRecorder()]))
        _ = engine.run(setUp())
        for (command, count) in [([0x8E, 0], 1), ([0x8E, 7], 8), ([0x8F, 0, 0], 8), ([0x8F, 1, 1], 258 * 8)]
            as [([UInt8], Int)]
        {
            let before = engine.wiring.device(PinRecorder.self)!.changes.count
            #expect(engine.run(command, at: later(10_000_000)) == [])
            #expect(engine.wiring.device(PinRecorder.self)!.changes.count - before == 2 * count)
        }
    }

    @Test("0x94, 0x95, 0x9C and 0x9D clock until GPIOL1 has the level, the last two for so many bytes at most")
    func clocksUntil() {
        for (opcode, level) in [(0x94, true), (0x95, false), (0x9C, true), (0x9D, false)] as [(UInt8, Bool)] {
            var engine = MPSSEEngine(wiring: PinWiring([PinRecorder()]))
            engine.clip(PinDrive(.gpioL1, levels: level ? [] : .gpioL1), at: start)
            _ = engine.run(setUp(divisor: 29))
            let isBounded = opcode >= 0x9C
            _ = engine.send([opcode] + (isBounded ? [1, 0] : []) + [0xAA], at: later(100_000))
            // 1 µs a clock.
            #expect(engine.replies(at: later(110_000)) == [])
            if isBounded {
                #expect(engine.replies(at: later(117_000)) == [0xFA, 0xAA])
                _ = engine.send([opcode, 1, 0, 0xAA], at: later(200_000))
                engine.advance(to: later(205_000))
            }
            engine.clip(PinDrive(.gpioL1, levels: level ? .gpioL1 : []), at: later(300_000))
            #expect(engine.replies(at: later(301_500)) == [0xFA, 0xAA])
            // And not at all if it has it already.
            let before = engine.wiring.device(PinRecorder.self)!.changes.count
            #expect(engine.run([opcode] + (isBounded ? [1, 0] : []) + [0xAB], at: later(400_000)) == [0xFA, 0xAB])
            #expect(engine.wiring.device(PinRecorder.self)!.changes.count == before)
        }
    }

    @Test("0x96 makes SCK wait for its return on GPIOL3, 0x97 ends that")
    func adaptive() {
        var wired = MPSSEEngine(wiring: PinWiring([PinWire(from: .clock, to: .returnClock), PinWire()]))
        #expect(wired.run(setUp() + [0x96, 0x31, 0, 0, 0x3C]) == [0x3C])
        var open = MPSSEEngine(wiring: PinWiring([PinWire()]))
        #expect(open.run(setUp() + [0x96, 0x31, 0, 0, 0x3C]) == [])
        var off = MPSSEEngine(wiring: PinWiring([PinWire()]))
        #expect(off.run(setUp() + [0x96, 0x97, 0x31, 0, 0, 0x3C]) == [0x3C])
    }

    @Test("0x87 marks what has been answered so far")
    func sendImmediate() {
        var engine = MPSSEEngine()
        _ = engine.send([0x87, 0x81])
        engine.advance(to: later(10_000))
        #expect(!engine.wantsFlush)
        _ = engine.send([0x87], at: later(10_000))
        engine.advance(to: later(20_000))
        #expect(engine.wantsFlush)
        #expect(engine.replies(at: later(20_000)).count == 1)
        #expect(!engine.wantsFlush)
    }
}

/// Raises GPIOL1 with the clock of this number, and drives it low before.
private struct ClockCounter: PinDevice {
    let last: Int
    var count = 0
    var drive: PinDrive { PinDrive(.gpioL1, levels: count >= last ? .gpioL1 : []) }
    mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime) {
        if new.contains(.clock), !old.contains(.clock) { count += 1 }
    }
}

@Suite("MPSSE clocks that a device ends")
struct MPSSEDeviceClockTests {
    @Test("stop with the clock that brings the level", arguments: [[0x94], [0x9C, 0xFF, 0x00]] as [[UInt8]])
    func stop(_ command: [UInt8]) {
        var engine = MPSSEEngine(wiring: PinWiring([ClockCounter(last: 21), PinRecorder()]))
        _ = engine.run(setUp())
        #expect(engine.run(command + [0xAA], at: later(100_000)) == [0xFA, 0xAA])
        let recorder = engine.wiring.device(PinRecorder.self)
        #expect(recorder?.changes.count { $0.changed.contains(.clock) && $0.levels.contains(.clock) } == 21)
    }

    @Test("An endless clock, which nothing ends, costs no wake-ups and leaves no debts")
    func endless() {
        var engine = MPSSEEngine(wiring: PinWiring([PinWire()]))
        engine.clip(PinDrive(.gpioL1), at: start)
        _ = engine.send(setUp() + [0x94, 0xAA])
        engine.advance(to: later(10_000_000_000))
        #expect(engine.nextChange() == nil)
        engine.clip(.none, at: later(10_000_000_000))
        #expect(engine.replies(at: later(10_000_001_000)) == [0xFA, 0xAA])
    }
}
