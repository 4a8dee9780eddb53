import RTOS
import Testing

@testable import VirtualHardware

@Suite("MPSSE time and FIFOs")
struct MPSSETimeTests {
    private func ready(_ devices: [any PinDevice] = [PinWire()], faults: FaultPlan = .none) -> MPSSEEngine {
        var engine = MPSSEEngine(wiring: PinWiring(devices), faults: faults)
        _ = engine.run(setUp(), at: MonotonicTime(nanoseconds: 0))
        return engine
    }

    private let taking = 3 * MPSSEEngine.ticksPerCommandByte * 50 / 3

    @Test("1 KiB at 30 MHz takes 273 µs")
    func kibibyte() {
        var engine = ready()
        #expect(engine.send([0x11, 0xFF, 0x03] + [UInt8](repeating: 5, count: 1021)) == 1024)
        engine.advance(to: later(1000))
        #expect(engine.send([5, 5, 5], at: later(1000)) == 3)
        let end = taking + 273_067
        #expect(engine.nextChange()?.nanoseconds == start.nanoseconds + end)
        engine.advance(to: later(end - 1))
        #expect(!engine.isIdle)
        engine.advance(to: later(end))
        #expect(engine.isIdle)
        #expect(engine.activity.busy == 273_067)
        #expect(engine.activity.share == 1)
        #expect(engine.activity.end == later(end))
    }

    @Test("Bytes are shifted when they are there, and not before")
    func starved() {
        var engine = ready()
        #expect(engine.send([0x31, 3, 0, 1]) == 4)
        // A byte takes 16 ticks of 16.7 ns.
        #expect(engine.replies(at: later(taking + 266)) == [])
        #expect(engine.replies(at: later(taking + 267)) == [1])
        #expect(engine.nextChange() == nil)
        _ = engine.send([2, 3], at: later(100_000))
        #expect(engine.replies(at: later(100_266)) == [])
        #expect(engine.replies(at: later(100_267)) == [2])
        #expect(engine.replies(at: later(200_000)) == [3])
        // Three bytes of the time since the first.
        #expect(engine.activity.busy == 800)
        #expect(engine.activity.span > 100_000)
    }

    @Test("A full reply FIFO stops the engine until it is read: full duplex without a reader stalls")
    func stall() {
        var engine = ready()
        let data = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let command = [0x31, 0xFF, 0x0F] + data
        var sent = 0
        for millisecond in 0..<100 as Range<UInt64> {
            sent += command[sent...].withUnsafeBytes { engine.write($0, at: later(millisecond * 1_000_000)) }
        }
        // What was shifted came back and fills one FIFO; what waits fills the other.
        #expect(sent == 3 + 1024 + 1024)
        #expect(engine.replyCount == 1024 && engine.space == 0)
        #expect(engine.nextChange() == nil)
        #expect(engine.replies(at: later(100_000_000)) == Array(data.prefix(1024)))
        #expect(engine.nextChange() != nil)
        #expect(engine.replies(at: later(101_000_000)) == Array(data[1024..<2048]))
    }

    @Test("A full reply FIFO stops commands that answer, and only those")
    func stallOfCommands() {
        var engine = ready()
        _ = engine.run([], at: start)
        _ = engine.send([0x20, 0xFF, 0x03, 0x86, 1, 0, 0x81, 0xAA, 0x33, 7, 1])
        engine.advance(to: later(1_000_000))
        #expect(engine.bitClock.divisor == 1)
        #expect(engine.space == 1024 - 5)
        #expect(engine.replies(at: later(1_000_000)).count == 1024)
        #expect(engine.replies(at: later(2_000_000)) == [0xF8, 0xFA, 0xAA, 0x01])
    }

    @Test("Every split of a stream gives the same replies, edges and times", arguments: 0..<30 as Range<UInt64>)
    func splits(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let stream = MPSSEStream.random(commands: 40, using: &generator)
        func engine() -> MPSSEEngine {
            MPSSEEngine(wiring: PinWiring([PinRecorder(), PinWire(), PinWire(from: .clock, to: .returnClock)]))
        }
        var whole = engine()
        let expected = whole.run(stream)
        for chunk in [1, 2, 3, 7, 64, Int.random(in: 1...511, using: &generator)] {
            var split = engine()
            #expect(split.run(stream, chunk: chunk) == expected)
            #expect(
                split.wiring.device(PinRecorder.self)!.changes.map(\.levels)
                    == whole.wiring.device(PinRecorder.self)!.changes.map(\.levels))
        }
        // When it is looked at makes no difference to when things happen.
        var watched = engine()
        var (sent, now, received) = (0, start, [UInt8]())
        while sent < stream.count || watched.nextChange() != nil || watched.replyCount > 0 {
            sent += stream[sent...].withUnsafeBytes { watched.write($0, at: now) }
            received += watched.replies(at: now)
            guard let next = watched.nextChange() else { continue }
            watched.advance(to: now.advanced(byNanoseconds: .random(in: 0...200, using: &generator)))
            now = max(now, next)
        }
        #expect(received == expected)
        #expect(
            watched.wiring.device(PinRecorder.self)!.changes == whole.wiring.device(PinRecorder.self)!.changes)
    }

    @Test("Whole bytes and their edges come to the same", arguments: 0..<60 as Range<UInt64>)
    func wholeBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var stream = MPSSEStream.random(commands: 60, using: &generator)
        // Chip select comes and goes, with SCK at either level.
        for _ in 0..<8 {
            stream += [0x80, [0x00, 0x01, 0x08, 0x09].randomElement(using: &generator)!, 0x0B, 0x31, 1, 0, 3, 7]
        }
        let device = Accumulator()
        for devices in [[PinWire()], [SPIPins(device)], []] as [[any PinDevice]] {
            var whole = MPSSEEngine(wiring: PinWiring(devices))
            // A recorder takes no bytes, so that all goes edge by edge.
            var edges = MPSSEEngine(wiring: PinWiring(devices + [PinRecorder()]))
            #expect(whole.run(stream) == edges.run(stream))
            #expect(whole.activity == edges.activity)
            #expect(whole.tick == edges.tick && whole.latch == edges.latch)
            #expect(whole.wiring.levels == edges.wiring.levels)
            #expect(
                whole.wiring.device(SPIPins<Accumulator>.self)?.device
                    == edges.wiring.device(SPIPins<Accumulator>.self)?.device)
        }
    }

    @Test("A wire fault does what the plan says: flips, losses, repeats, stall, unplug")
    func faults() {
        var plan = FaultPlan()
        plan.lose = 1
        let exchange: [UInt8] = [0x31, 2, 0, 1, 2, 3]
        var losing = ready(faults: plan)
        #expect(losing.run(exchange) == [0xFF, 0xFF, 0xFF])
        plan = FaultPlan()
        plan.repeat = 1
        var repeating = ready(faults: plan)
        #expect(repeating.run(exchange) == [1, 1, 2])
        #expect(repeating.run(exchange, at: later(9_000_000)) == [1, 1, 2])
        plan = FaultPlan()
        plan.flip = 1
        var flipping = ready(faults: plan)
        #expect(zip(flipping.run(exchange), [1, 2, 3] as [UInt8]).allSatisfy { ($0 ^ $1).nonzeroBitCount == 1 })
        plan = FaultPlan()
        plan.stallAfter = 2
        var stalling = ready(faults: plan)
        #expect(stalling.run(exchange) == [1, 2])
        #expect(!stalling.isUnplugged && !stalling.isIdle)
        plan = FaultPlan()
        plan.unplugAfter = 2
        var unplugged = ready(faults: plan)
        #expect(unplugged.run(exchange) == [1, 2])
        #expect(unplugged.isUnplugged)
    }

    @Test("A wrong reply is wrong in what shifts no data, and the same from the same seed")
    func wrongReplies() {
        var plan = FaultPlan()
        plan.wrongReply = 1
        var engine = ready(faults: plan)
        let replies = engine.run([0x81, 0x31, 0, 0, 0x55, 0xAA])
        #expect(replies[0] != 0xF8 && replies[1] == 0x55 && replies[2] != 0xFA && replies[3] != 0xAA)
        var again = ready(faults: plan)
        #expect(again.run([0x81, 0x31, 0, 0, 0x55, 0xAA]) == replies)
    }

    @Test("No stream of bytes brings it down or to no end", arguments: 0..<40 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let noise = (0..<3000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var engine = MPSSEEngine(wiring: PinWiring([SPIPins(NORFlash(timing: .instant))]))
        var now = start
        var sent = 0
        for _ in 0..<80 {
            sent += noise[sent...].withUnsafeBytes { engine.write($0, at: now) }
            _ = engine.replies(at: now)
            now = now.advanced(byNanoseconds: .random(in: 0...1_000_000, using: &generator))
            engine.clip(PinDrive(.gpioL1, levels: Bool.random(using: &generator) ? .gpioL1 : []), at: now)
        }
        engine.advance(to: .never)
    }
}

/// Answers with a sum of what it has seen, so that one wrong bit shows in all that follows.
struct Accumulator: SPIByteDevice, Equatable {
    var sum: UInt8 = 1
    var log: [Int] = []
    var now = MonotonicTime(nanoseconds: 0)
    static var keepsTime: Bool { true }
    var next: UInt8 { sum }
    mutating func advance(to now: MonotonicTime) { self.now = now }
    mutating func select() { log.append(-1) }
    mutating func take(_ mosi: UInt8) {
        sum = sum &* 5 &+ mosi
        log.append(Int(mosi) &+ Int(now.nanoseconds) << 8)
    }
    mutating func deselect(inMidByte: Bool) { log.append(inMidByte ? -3 : -2) }
}

/// Random command streams that come to an end: no waits.
enum MPSSEStream {
    static func random(commands: Int, using generator: inout SeededGenerator) -> [UInt8] {
        var stream = setUp(divisor: .random(in: 0...3, using: &generator))
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255, using: &generator) } }
        for _ in 0..<commands {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: stream += [0x80, .random(in: 0...255, using: &generator), 0x0B]
            case 1: stream += [0x81]
            case 2: stream += [0x86, .random(in: 0...4, using: &generator), 0]
            case 3: stream += [[0x8C, 0x8D, 0x8A, 0x8B, 0x84, 0x85, 0x85].randomElement(using: &generator)!]
            case 4: stream += [0x8E, .random(in: 0...7, using: &generator)]
            case 5: stream += [0xFE]
            default:
                let opcode = ShiftOpcode(.random(in: 0x10..<0x80, using: &generator))
                guard let opcode else { continue }
                let length = Int.random(in: 1...(opcode.isBits ? 8 : 40), using: &generator)
                stream += [opcode.rawValue, UInt8(length - 1)] + (opcode.isBits ? [] : [0])
                if opcode.writes { stream += bytes(opcode.isBits ? 1 : length) }
            }
        }
        return stream
    }
}
