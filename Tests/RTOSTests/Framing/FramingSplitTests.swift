import RTOS
import Testing

/// Every framing, over input of all kinds: good packets, noise, and packets that break off.
@Suite("Framing, for every split")
struct FramingSplitTests {
    static let startEnd = StartEndFraming(start: 2, end: 3, escape: 4, mask: 0x40, keepsDelimiters: false)
    static let seed = StartEndFraming(start: 2, end: 3)
    static let prefix = LengthPrefixFraming(width: 2, longest: 40)

    func check(_ decoder: some FrameDecoder, _ bytes: [UInt8], room: Int, _ random: inout SeededSequence) {
        let whole = assemble(decoder, bytes, room: room)
        #expect(bytewise(decoder, bytes, room: room) == whole)
        #expect(assemble(decoder, random.split(bytes), room: room) == whole)
        let pieces = random.split(bytes)
        #expect(assembleInPlace(decoder, pieces, room: room) == whole)
        #expect(assembleInPlace(decoder, bytes.map { [$0] }, room: room) == whole)
        for cut in 0...bytes.count {
            let halves = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(assemble(decoder, halves, room: room) == whole)
            #expect(assembleInPlace(decoder, halves, room: room) == whole)
        }
    }

    @Test("decoders give the same packets and counts", arguments: 0..<200 as Range<UInt64>)
    func decoders(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let room = Int.random(in: 1...20, using: &random)
        // Few values, so that the special bytes of every framing come up often.
        let special: [UInt8] = [0, 1, 2, 3, 4, 5, 0x42, 0x43, 0x44, 0xC0, 0xDB, 0xDC, 0xDD, 0xFF]
        let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in random.one(of: special) }
        check(StartEndDecoder(Self.startEnd), bytes, room: room, &random)
        check(StartEndDecoder(Self.seed), bytes, room: room, &random)
        check(SLIPDecoder(), bytes, room: room, &random)
        check(SLIPDecoder(synchronised: false), bytes, room: room, &random)
        check(COBSDecoder(), bytes, room: room, &random)
        check(LengthPrefixDecoder(Self.prefix), bytes, room: room, &random)
        check(FixedSizeDecoder(size: room), bytes, room: room + 1, &random)
        check(FixedSizeDecoder(size: room + 1), bytes, room: room, &random)
        check(IdleGapDecoder(gap: 10), bytes, room: room, &random)
    }

    @Test("times decide the same, however the bytes between them are split", arguments: 0..<200 as Range<UInt64>)
    func timed(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        var now: UInt64 = 0
        let chunks = (0..<12).map { _ in
            now += random.one(of: [0, 3, 9, 10, 11, 40])
            return (now, random.bytes(Int.random(in: 0...8, using: &random), of: 0...6))
        }
        func check(_ decoder: some FrameDecoder) {
            let whole = assemble(decoder, chunks.map(\.1), times: chunks.map(\.0), room: 12)
            let single = chunks.flatMap { chunk in chunk.1.map { (chunk.0, [$0]) } }
            #expect(assemble(decoder, single.map(\.1), times: single.map(\.0), room: 12) == whole)
        }
        check(IdleGapDecoder(gap: 10))
        check(FixedSizeDecoder(size: 5, gap: 10))
        check(LengthPrefixDecoder(LengthPrefixFraming(width: 1, longest: 5, gap: 10)))
    }

    func roundTrip(
        _ encoder: some FrameEncoder, _ decoder: some FrameDecoder, _ packets: [[UInt8]],
        _ random: inout SeededSequence
    ) {
        var wire: [UInt8] = []
        for packet in packets {
            guard let whole = encode(encoder, packet) else {
                Issue.record("a packet of \(packet.count) bytes was refused")
                return
            }
            #expect(whole.count <= encoder.largestSize(of: packet.count))
            #expect(encode(encoder, pieces: packet.map { [$0] }) == whole)
            #expect(encode(encoder, pieces: random.split(packet)) == whole)
            wire += whole
        }
        #expect(assemble(decoder, random.split(wire)).packets == packets)
        #expect(assemble(decoder, wire).faults.total == 0)
    }

    @Test("what is encoded is decoded, in whatever pieces", arguments: 0..<200 as Range<UInt64>)
    func roundTrips(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let values: ClosedRange<UInt8> = random.one(of: [0...255, 0...4, 0xC0...0xDD, 1...255])
        let packets = (0..<4).map { _ in
            random.bytes(random.one(of: [1, 2, 3, 10, 123, 253, 254, 255, 256, 508, 509, 700]), of: values)
        }
        roundTrip(StartEndEncoder(Self.startEnd), StartEndDecoder(Self.startEnd), packets, &random)
        roundTrip(SLIPEncoder(), SLIPDecoder(), packets, &random)
        roundTrip(COBSEncoder(), COBSDecoder(), packets + [[]], &random)
        let wide = LengthPrefixFraming(width: 2, isBigEndian: true, longest: 700)
        roundTrip(LengthPrefixEncoder(wide), LengthPrefixDecoder(wide), packets, &random)
        let equal = (0..<4).map { _ in random.bytes(17, of: values) }
        roundTrip(FixedSizeEncoder(size: 17), FixedSizeDecoder(size: 17), equal, &random)
    }

    @Test("an output that is one byte too small is refused")
    func tooSmall() {
        func check(_ encoder: some FrameEncoder, _ packet: [UInt8]) {
            guard let needed = encode(encoder, packet)?.count else {
                Issue.record("a packet was refused")
                return
            }
            for size in 0...needed {
                var encoder = encoder
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
                defer { memory.deallocate() }
                let count = packet.withUnsafeBytes { encoder.encode($0, into: memory) }
                #expect(count == (size == needed ? needed : nil))
            }
        }
        let packet: [UInt8] = [1, 2, 3, 0, 0xC0, 9]
        check(StartEndEncoder(Self.startEnd), packet)
        check(SLIPEncoder(), packet)
        check(COBSEncoder(), packet)
        check(LengthPrefixEncoder(Self.prefix), packet)
        check(FixedSizeEncoder(size: 6), packet)
    }
}

@Suite("Framing, when something goes wrong")
struct FramingFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let wire: @Sendable ([UInt8]) -> [UInt8]
        let run: @Sendable ([LineEvent], Int) -> Assembled

        var testDescription: String { name }

        init(_ name: String, _ encoder: some FrameEncoder & Sendable, _ decoder: some FrameDecoder & Sendable) {
            self.name = name
            wire = { encode(encoder, $0) ?? [] }
            run = { events, room in
                var sink = CollectingSink(room: room)
                var assembler = PacketAssembler(decoder)
                for event in events {
                    switch event {
                    case .byte(let byte): withUnsafeBytes(of: byte) { assembler.take($0, into: &sink) }
                    case .lineError: assembler.takeLineError(into: &sink)
                    case .silence(let time): assembler.takeSilence(until: time, into: &sink)
                    }
                }
                return Assembled(
                    packets: sink.packets, times: sink.times, discarded: sink.discarded, faults: assembler.faults)
            }
        }
    }

    static let cases = [
        Case(
            "start and end byte", StartEndEncoder(FramingSplitTests.startEnd),
            StartEndDecoder(FramingSplitTests.startEnd)),
        Case("SLIP", SLIPEncoder(), SLIPDecoder()),
        Case("COBS", COBSEncoder(), COBSDecoder()),
        Case(
            "length prefix", LengthPrefixEncoder(FramingSplitTests.prefix),
            LengthPrefixDecoder(FramingSplitTests.prefix)),
        Case("fixed size", FixedSizeEncoder(size: 5), FixedSizeDecoder(size: 5)),
    ]

    @Test("a damaged byte costs packets, but never half of one is delivered", arguments: cases)
    func damagedByte(framing: Case) {
        let packets: [[UInt8]] = (0..<6).map { number in (0..<5).map { 0x60 + number * 5 + $0 } }
        let wire = packets.flatMap { framing.wire($0) }
        // A damaged length leaves its receiver out of step; the gap's tests speak to that.
        let isLength = framing.name == "length prefix"
        for place in wire.indices where !isLength || place % 7 > 1 {
            var events = wire.map { LineEvent.byte($0) }
            events[place] = .lineError
            let found = framing.run(events, 100)
            #expect(found.packets.allSatisfy { packets.contains($0) })
            #expect(found.packets.count >= 4)
            #expect(found.faults[.lineError] == 1)
            #expect(found.packets.count == Set(found.packets).count)
        }
    }

    @Test("a packet longer than its block is counted, and the next is received", arguments: cases)
    func overlong(framing: Case) {
        let packets: [[UInt8]] = [[0x61, 0x62, 0x63, 0x64, 0x65], [0x71, 0x72, 0x73, 0x74, 0x75]]
        let wire = packets.flatMap { framing.wire($0) }.map { LineEvent.byte($0) }
        let found = framing.run(wire, 4)
        #expect(found.packets.isEmpty)
        #expect(found.discarded == [.overlong, .overlong])
        #expect(framing.run(wire, 5).packets == packets)
    }

    @Test("without a block a packet is counted and skipped")
    func noBlock() {
        var sink = CollectingSink()
        var assembler = PacketAssembler(SLIPDecoder())
        sink.hasBlocks = false
        ([0xC0, 1, 2] as [UInt8]).withUnsafeBytes { assembler.take($0, into: &sink) }
        sink.hasBlocks = true
        ([3, 0xC0, 4, 0xC0] as [UInt8]).withUnsafeBytes { assembler.take($0, into: &sink) }
        #expect(sink.packets == [[4]])
        #expect(assembler.faults[.noBlock] == 1)
        #expect(assembler.packets == 1)
    }
}
