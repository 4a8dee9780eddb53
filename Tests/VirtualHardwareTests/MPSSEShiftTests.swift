import RTOS
import Testing

@testable import VirtualHardware

/// A data-shifting opcode as the headings of AN_108, sections 3.3 to 3.5, describe it.
struct ShiftDescription: CustomTestStringConvertible, Sendable {
    enum Edge: Sendable { case rising, falling }

    let opcode: UInt8
    let testDescription: String
    let isBits: Bool
    let output: Edge?
    let input: Edge?
    let leastSignificantFirst: Bool

    init(_ opcode: UInt8, _ name: String, bits: Bool, out: Edge?, in input: Edge?, lsb: Bool) {
        self.opcode = opcode
        testDescription = name
        isBits = bits
        output = out
        self.input = input
        leastSignificantFirst = lsb
    }

    /// “use if CLK starts at '1'” where data changes at rising edges, else '0'; reads alone begin at '0'.
    var restsHigh: Bool { output == .rising || output == nil && input == .falling }

    static let all: [ShiftDescription] = [
        .init(0x10, "bytes out, +ve, MSB", bits: false, out: .rising, in: nil, lsb: false),
        .init(0x11, "bytes out, -ve, MSB", bits: false, out: .falling, in: nil, lsb: false),
        .init(0x12, "bits out, +ve, MSB", bits: true, out: .rising, in: nil, lsb: false),
        .init(0x13, "bits out, -ve, MSB", bits: true, out: .falling, in: nil, lsb: false),
        .init(0x20, "bytes in, +ve, MSB", bits: false, out: nil, in: .rising, lsb: false),
        .init(0x24, "bytes in, -ve, MSB", bits: false, out: nil, in: .falling, lsb: false),
        .init(0x22, "bits in, +ve, MSB", bits: true, out: nil, in: .rising, lsb: false),
        .init(0x26, "bits in, -ve, MSB", bits: true, out: nil, in: .falling, lsb: false),
        .init(0x31, "bytes out -ve in +ve, MSB", bits: false, out: .falling, in: .rising, lsb: false),
        .init(0x34, "bytes out +ve in -ve, MSB", bits: false, out: .rising, in: .falling, lsb: false),
        .init(0x33, "bits out -ve in +ve, MSB", bits: true, out: .falling, in: .rising, lsb: false),
        .init(0x36, "bits out +ve in -ve, MSB", bits: true, out: .rising, in: .falling, lsb: false),
        .init(0x18, "bytes out, +ve, LSB", bits: false, out: .rising, in: nil, lsb: true),
        .init(0x19, "bytes out, -ve, LSB", bits: false, out: .falling, in: nil, lsb: true),
        .init(0x1A, "bits out, +ve, LSB", bits: true, out: .rising, in: nil, lsb: true),
        .init(0x1B, "bits out, -ve, LSB", bits: true, out: .falling, in: nil, lsb: true),
        .init(0x28, "bytes in, +ve, LSB", bits: false, out: nil, in: .rising, lsb: true),
        .init(0x2C, "bytes in, -ve, LSB", bits: false, out: nil, in: .falling, lsb: true),
        .init(0x2A, "bits in, +ve, LSB", bits: true, out: nil, in: .rising, lsb: true),
        .init(0x2E, "bits in, -ve, LSB", bits: true, out: nil, in: .falling, lsb: true),
        .init(0x39, "bytes out -ve in +ve, LSB", bits: false, out: .falling, in: .rising, lsb: true),
        .init(0x3C, "bytes out +ve in -ve, LSB", bits: false, out: .rising, in: .falling, lsb: true),
        .init(0x3B, "bits out -ve in +ve, LSB", bits: true, out: .falling, in: .rising, lsb: true),
        .init(0x3E, "bits out +ve in -ve, LSB", bits: true, out: .rising, in: .falling, lsb: true),
    ]
}

/// Six ticks of the 60 MHz clock: whole nanoseconds, so that times can be compared exactly.
private let divisor: UInt16 = 5
private let half: UInt64 = 100

@Suite("MPSSE shifts")
struct MPSSEShiftTests {
    /// What goes in, and what there is to see of it.
    private struct Run {
        var replies: [UInt8]
        var changes: [PinRecorder.Change]
        var begin: MonotonicTime
        var recorder: PinRecorder
    }

    private func run(_ description: ShiftDescription, data: [UInt8], count: Int, source: [Bool]) -> Run {
        let device = BitSource(source, changesOnRising: description.input == .falling)
        var engine = MPSSEEngine(wiring: PinWiring([PinRecorder(), device]))
        _ = engine.run(setUp(clockHigh: description.restsHigh, divisor: divisor))
        let before = engine.wiring.device(PinRecorder.self)!.changes.count
        let length = description.isBits ? [UInt8(count - 1)] : [UInt8(count - 1), 0]
        let command = [description.opcode] + length + (description.output == nil ? [] : data)
        let begin = later(1_000_000)
        let replies = engine.run(command, at: begin)
        let recorder = engine.wiring.device(PinRecorder.self)!
        // The command's bytes, but not a byte command's data, take their time first.
        let taking = UInt64(description.isBits ? command.count : 3) * MPSSEEngine.ticksPerCommandByte
        let first = BitClock.time(of: BitClock.tick(at: begin) + taking)
        return Run(
            replies: replies, changes: Array(recorder.changes.dropFirst(before)), begin: first, recorder: recorder)
    }

    @Test("moves each bit on the edge that AN_108 names", arguments: ShiftDescription.all, [1, 2, 8])
    func edges(_ description: ShiftDescription, count: Int) {
        let data: [UInt8] = [0xA6, 0x35, 0x0F, 0xC1, 0x7E, 0x80, 0x01, 0x5A]
        let sent = description.isBits ? [data[0]] : Array(data.prefix(count))
        let bitCount = description.isBits ? count : count * 8
        let source = bits(data.map { ~$0 }, leastSignificantFirst: false)
        let run = run(description, data: sent, count: count, source: source)

        // SCK makes one period a bit, beginning half a period after the shift, and comes to rest where it was.
        let clocks = run.changes.filter { $0.changed == .clock }
        #expect(clocks.map(\.time.nanoseconds) == (1...2 * bitCount).map { run.begin.nanoseconds + UInt64($0) * half })
        #expect(
            clocks.enumerated().allSatisfy { ($1.levels.contains(.clock) != description.restsHigh) == ($0 % 2 == 0) })

        if let output = description.output {
            // DO changes only at the beginning and with the edges named, and there behind the edge.
            let named = clocks.filter { $0.levels.contains(.clock) == (output == .rising) }.map(\.time)
            let changes = run.changes.filter { $0.changed == .dataOut }
            #expect(changes.allSatisfy { $0.time == run.begin || named.contains($0.time) })
            // At the other edge stands each bit, in order.
            let expected = bits(sent, leastSignificantFirst: description.leastSignificantFirst, count: bitCount)
            let seen = clocks.filter { $0.levels.contains(.clock) != (output == .rising) }
                .map { $0.levels.contains(.dataOut) }
            #expect(seen == expected)
        } else {
            #expect(run.changes.allSatisfy { $0.changed == .clock || $0.changed == .dataIn })
        }

        guard description.input != nil else {
            #expect(run.replies == [])
            return
        }
        // Most significant first the bits end at bit 0, least significant first at bit 7.
        let came = Array(source.prefix(bitCount))
        let bytes = stride(from: 0, to: bitCount, by: 8).map { first in
            came[first..<min(first + 8, bitCount)].reduce(UInt8(0)) { byte, bit in
                description.leastSignificantFirst ? byte >> 1 | (bit ? 0x80 : 0) : byte << 1 | (bit ? 1 : 0)
            }
        }
        #expect(run.replies == bytes)
    }

    @Test("sends the same bits and reads the same wire as one", arguments: ShiftDescription.all)
    func wire(_ description: ShiftDescription) {
        guard description.output != nil, description.input != nil else { return }
        var engine = MPSSEEngine(wiring: PinWiring([PinWire()]))
        _ = engine.run(setUp(clockHigh: description.restsHigh))
        let command: [UInt8] = description.isBits ? [7, 0x9D] : [2, 0, 0x9D, 0x00, 0x73]
        let expected: [UInt8] = description.isBits ? [0x9D] : [0x9D, 0x00, 0x73]
        #expect(engine.run([description.opcode] + command, at: later(1_000_000)) == expected)
    }

    @Test(
        "clocks TMS, the least significant bit first, with bit 7 on DO",
        arguments: [0x4A, 0x4B, 0x6A, 0x6B, 0x6E, 0x6F])
    func tms(_ opcode: UInt8) {
        let (rising, reads) = (opcode & 1 == 0, opcode & 0x20 != 0)
        for count in 1...7 {
            for data in [0x35, 0xB5] as [UInt8] {
                var engine = MPSSEEngine(wiring: PinWiring([PinRecorder(), PinWire(from: .dataOut)]))
                _ = engine.run(setUp(clockHigh: rising, divisor: divisor))
                let before = engine.wiring.device(PinRecorder.self)!.changes.count
                let replies = engine.run([opcode, UInt8(count - 1), data], at: later(1_000_000))
                let changes = engine.wiring.device(PinRecorder.self)!.changes.dropFirst(before)
                // TMS changes with the edge named, and is stable at the other.
                let sampled = changes.filter { $0.changed == .clock && $0.levels.contains(.clock) != rising }
                #expect(
                    sampled.map { $0.levels.contains(.chipSelect) }
                        == bits([data], leastSignificantFirst: true, count: count))
                #expect(sampled.allSatisfy { $0.levels.contains(.dataOut) == (data & 0x80 != 0) })
                let level: UInt8 = data & 0x80 != 0 ? ~(0xFF >> UInt8(count)) : 0
                #expect(replies == (reads ? [level] : []))
            }
        }
    }

    @Test("goes by the bits of opcodes that AN_108 does not name, as the chip does")
    func unnamed() {
        // OpenOCD reads with 0x29, and samples late with 0x3D.
        var engine = MPSSEEngine(wiring: PinWiring([PinWire()]))
        _ = engine.run(setUp())
        #expect(engine.run([0x3D, 1, 0, 0x12, 0x34], at: later(1_000_000)) == [0x12, 0x34])
        #expect(engine.run([0x29, 1, 0], at: later(2_000_000)) == [0x00, 0x00])
        #expect(engine.run([0x1B, 0, 1, 0x29, 1, 0], at: later(3_000_000)) == [0xFF, 0xFF])
    }

    @Test("a length of 0xFFFF is 65536 bytes")
    func longest() {
        var engine = MPSSEEngine(wiring: PinWiring([PinWire()]))
        let data = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        #expect(engine.run(setUp() + [0x31, 0xFF, 0xFF] + data + [0xAA]) == data + [0xFA, 0xAA])
    }
}
