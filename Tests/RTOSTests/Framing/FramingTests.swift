import RTOS
import Testing

@Suite("Start and end byte")
struct StartEndFramingTests {
    /// STX and ETX.
    let plain = StartEndFraming(start: 2, end: 3)
    let escaped = StartEndFraming(start: 2, end: 3, escape: 0x10, keepsDelimiters: false)

    @Test("as the seed's UART routine: the packet has its start byte once, and its end byte")
    func seed() {
        let found = assemble(StartEndDecoder(plain), [9, 2, 65, 66, 3, 9, 9, 2, 67, 3])
        #expect(found.packets == [[2, 65, 66, 3], [2, 67, 3]])
        #expect(found.faults.total == 0)
    }

    @Test("a start byte inside a packet throws the first away and begins the next")
    func startInside() {
        let found = assemble(StartEndDecoder(plain), [2, 65, 2, 66, 3])
        #expect(found.packets == [[2, 66, 3]])
        #expect(found.discarded == [.truncated])
    }

    @Test("escaped bytes come out as they went in")
    func escapes() {
        let packet: [UInt8] = [1, 2, 3, 0x10, 0x22, 0x30]
        let wire = encode(StartEndEncoder(escaped), packet)
        #expect(wire == [2, 1, 0x10, 0x22, 0x10, 0x23, 0x10, 0x30, 0x22, 0x30, 3])
        #expect(assemble(StartEndDecoder(escaped), wire ?? []).packets == [packet])
    }

    @Test("an escape before a byte that needs none is counted, and the packet thrown away")
    func badEscape() {
        let found = assemble(StartEndDecoder(escaped), [2, 1, 0x10, 0x41, 7, 3, 2, 8, 3])
        #expect(found.packets == [[8]])
        #expect(found.faults[.badEscape] == 1)
    }

    @Test("an escape before a start byte begins the next packet")
    func escapedStart() {
        #expect(assemble(StartEndDecoder(escaped), [2, 1, 0x10, 2, 8, 3]).packets == [[8]])
    }

    @Test("the same byte may start and end a packet")
    func sameByte() {
        let framing = StartEndFraming(start: 0x7E, end: 0x7E, escape: 0x7D, keepsDelimiters: false)
        let found = assemble(StartEndDecoder(framing), [0x7E, 0x7E, 1, 0x7E, 0x7E, 2, 0x7D, 0x5E, 0x7E])
        #expect(found.packets == [[1], [2, 0x7E]])
    }

    @Test("a packet that lacks its delimiters, or needs an escape where there is none, is refused")
    func unfit() {
        #expect(encode(StartEndEncoder(plain), [65, 66, 3]) == nil)
        #expect(encode(StartEndEncoder(plain), [2, 66, 67]) == nil)
        #expect(encode(StartEndEncoder(plain), [2, 3, 3]) == nil)
        #expect(encode(StartEndEncoder(plain), [2, 66, 3]) == [2, 66, 3])
    }
}

@Suite("SLIP")
struct SLIPFramingTests {
    @Test("the bytes of RFC 1055")
    func wire() {
        #expect(encode(SLIPEncoder(), [1, 0xC0, 0xDB, 2]) == [0xC0, 1, 0xDB, 0xDC, 0xDB, 0xDD, 2, 0xC0])
    }

    @Test("empty packets are none")
    func empty() {
        #expect(assemble(SLIPDecoder(), [0xC0, 0xC0, 7, 0xC0, 0xC0, 0xC0, 8, 0xC0]).packets == [[7], [8]])
        #expect(encode(SLIPEncoder(), []) == nil)
    }

    @Test("a bad escape costs one packet, also at its first byte", arguments: [[0xDB, 0x41], [1, 0xDB, 0x41]])
    func badEscape(start: [UInt8]) {
        let found = assemble(SLIPDecoder(), start + [5, 6, 0xC0, 7, 0xC0])
        #expect(found.packets == [[7]])
        #expect(found.faults[.badEscape] == 1)
    }

    @Test("an escape before an end costs that packet alone")
    func escapedEnd() {
        #expect(assemble(SLIPDecoder(), [1, 0xDB, 0xC0, 7, 0xC0]).packets == [[7]])
    }

    @Test("unsynchronised reception drops the rest of a packet")
    func unsynchronised() {
        #expect(assemble(SLIPDecoder(synchronised: false), [5, 6, 0xC0, 7, 0xC0]).packets == [[7]])
    }
}

@Suite("COBS")
struct COBSFramingTests {
    @Test(
        "the published examples",
        arguments: [
            ([], [1, 0]),
            ([0], [1, 1, 0]),
            ([0, 0], [1, 1, 1, 0]),
            ([0x11, 0x22, 0, 0x33], [3, 0x11, 0x22, 2, 0x33, 0]),
            ([0x11, 0, 0, 0], [2, 0x11, 1, 1, 1, 0]),
            (Array(1...254), [255] + Array(1...254) + [0]),
            (Array(0...254), [1, 255] + Array(1...254) + [0]),
            (Array(1...255), [255] + Array(1...254) + [2, 255, 0]),
            (Array(2...255) + [0], [255] + Array(2...255) + [1, 1, 0]),
            (Array(3...255) + [0, 1], [254] + Array(3...255) + [2, 1, 0]),
        ] as [([UInt8], [UInt8])])
    func examples(packet: [UInt8], wire: [UInt8]) {
        #expect(encode(COBSEncoder(), packet) == wire)
        #expect(assemble(COBSDecoder(), wire).packets == [packet])
    }

    @Test("a full last group may be followed by an empty one, as some encoders have it")
    func emptyLastGroup() {
        #expect(assemble(COBSDecoder(), [255] + Array(1...254) + [1, 0]).packets == [Array(1...254)])
    }

    @Test("a packet that ends inside a group is counted and thrown away")
    func truncated() {
        let found = assemble(COBSDecoder(), [5, 1, 2, 0, 2, 9, 0])
        #expect(found.packets == [[9]])
        #expect(found.faults[.truncated] == 1)
    }
}

@Suite("Length prefix, fixed size and idle gap")
struct CountedFramingTests {
    @Test("the length is little or big endian, of one to four bytes", arguments: 1...4, [false, true])
    func lengthPrefix(width: Int, isBigEndian: Bool) {
        let framing = LengthPrefixFraming(width: width, isBigEndian: isBigEndian, longest: 200)
        var prefix = [UInt8](repeating: 0, count: width)
        prefix[isBigEndian ? width - 1 : 0] = 3
        #expect(encode(LengthPrefixEncoder(framing), [7, 8, 9]) == prefix + [7, 8, 9])
        let found = assemble(LengthPrefixDecoder(framing), prefix + [7, 8, 9] + prefix + [1, 2, 3])
        #expect(found.packets == [[7, 8, 9], [1, 2, 3]])
    }

    @Test("a packet longer than allowed is skipped by its length")
    func tooLong() {
        let framing = LengthPrefixFraming(width: 1, longest: 3)
        let found = assemble(LengthPrefixDecoder(framing), [4, 1, 2, 3, 4, 1, 9])
        #expect(found.packets == [[9]])
        #expect(found.faults[.overlong] == 1)
        #expect(encode(LengthPrefixEncoder(framing), [1, 2, 3, 4]) == nil)
    }

    @Test("a gap inside a packet brings the receiver back into step")
    func gap() {
        let framing = LengthPrefixFraming(width: 1, longest: 9, gap: 100)
        let found = assemble(LengthPrefixDecoder(framing), [[4, 1, 2], [2, 7, 8]], times: [0, 100])
        #expect(found.packets == [[7, 8]])
        #expect(found.discarded == [.truncated])
        let fixed = assemble(FixedSizeDecoder(size: 3, gap: 100), [[1, 2], [3, 4, 5]], times: [0, 100])
        #expect(fixed.packets == [[3, 4, 5]])
        #expect(fixed.discarded == [.truncated])
        let patient = assemble(FixedSizeDecoder(size: 3, gap: 100), [[1, 2], [3, 4, 5, 6]], times: [0, 99])
        #expect(patient.packets == [[1, 2, 3], [4, 5, 6]])
    }

    @Test("a fixed size of one byte makes each byte a packet")
    func ones() {
        #expect(assemble(FixedSizeDecoder(size: 1), [1, 2]).packets == [[1], [2]])
        #expect(encode(FixedSizeEncoder(size: 2), [1, 2]) == [1, 2])
        #expect(encode(FixedSizeEncoder(size: 2), [1]) == nil)
    }

    @Test("an idle line ends a packet, with the time of its last byte")
    func idleGap() {
        var sink = CollectingSink()
        var assembler = PacketAssembler(IdleGapDecoder(gap: 50))
        for (byte, time) in [(1, 1000), (2, 1049), (3, 1099), (4, 1120)] as [(UInt8, UInt64)] {
            withUnsafeBytes(of: byte) { assembler.take($0, at: time, into: &sink) }
        }
        #expect(sink.packets == [[1, 2]])
        assembler.takeSilence(until: 1169, into: &sink)
        #expect(sink.packets.count == 1)
        assembler.takeSilence(until: 1170, into: &sink)
        #expect(sink.packets == [[1, 2], [3, 4]])
        #expect(sink.times == [1049, 1120])
    }

    @Test("a damaged byte after a gap spoils the packet after the gap alone")
    func errorAfterGap() {
        var sink = CollectingSink()
        var assembler = PacketAssembler(IdleGapDecoder(gap: 50))
        [UInt8](arrayLiteral: 1, 2).withUnsafeBytes { assembler.take($0, at: 0, into: &sink) }
        assembler.takeLineError(at: 60, into: &sink)
        [UInt8](arrayLiteral: 3).withUnsafeBytes { assembler.take($0, at: 70, into: &sink) }
        [UInt8](arrayLiteral: 4).withUnsafeBytes { assembler.take($0, at: 200, into: &sink) }
        assembler.takeSilence(until: 300, into: &sink)
        #expect(sink.packets == [[1, 2], [4]])
        #expect(assembler.faults[.lineError] == 1)
    }
}
