import PeripheralIO
import Testing
import VirtualHardware

@testable import hil

@Suite("flashrom's serial flasher protocol")
struct SerprogRequestTests {
    /// A bus that answers what it was sent last, and is no slower than 500 Hz.
    private final class Bus: SerprogProgrammer.Bus {
        var sent: [UInt8] = []
        var waited: UInt64 = 0
        var speed: UInt32 = 1_000_000
        var failure: PeripheralError?

        func transact(_ sent: [UInt8], reading count: Int) throws -> [UInt8] {
            if let failure { throw failure }
            self.sent = sent
            return Array((0..<count).map { UInt8(truncatingIfNeeded: $0 + 1) })
        }

        func setSpeed(_ hertz: UInt32) throws -> UInt32 {
            guard hertz >= 500 else { throw PeripheralError.notSupported("too slow") }
            speed = min(hertz, 2_000_000)
            return speed
        }

        func wait(_ nanoseconds: UInt64) { waited += nanoseconds }
    }

    private func replies(to bytes: [UInt8], on bus: Bus = Bus()) throws -> [UInt8] {
        var (parser, programmer) = (SerprogParser(), SerprogProgrammer())
        parser.append(bytes)
        var replies: [UInt8] = []
        while let request = parser.next() { replies += try programmer.reply(to: request, on: bus) }
        return replies
    }

    @Test("an SPI operation sends, then answers as many bytes as were asked for")
    func operation() throws {
        let bus = Bus()
        #expect(try replies(to: [0x13, 1, 0, 0, 3, 0, 0, 0x9F], on: bus) == [6, 1, 2, 3])
        #expect(bus.sent == [0x9F])
        #expect(try replies(to: [0x13, 0, 0, 0, 0, 0, 0]) == [6])
        #expect(try replies(to: [0x13, 0, 0, 0, 1, 1, 0]).count == 258)
    }

    @Test("tells what it is, and knows every command that its map names")
    func queries() throws {
        #expect(try replies(to: [0x00, 0x10, 0x01]) == [6, 0x15, 6, 6, 1, 0])
        let map = try replies(to: [0x02])
        #expect(map == [6, 0xBF, 0xC9, 0x1F] + [UInt8](repeating: 0, count: 29))
        #expect(try replies(to: [0x03]) == [6] + Array("hilbridge".utf8) + [UInt8](repeating: 0, count: 7))
        #expect(try replies(to: [0x04, 0x05, 0x07]) == [6, 0xFF, 0xFF, 6, 8, 6, 0xFF, 0xFF])
        #expect(try replies(to: [0x08, 0x11]) == [6, 0, 0, 0x10, 6, 0, 0, 1])
        #expect(try replies(to: [0x12, 0x08, 0x12, 0x01]) == [6, 0x15])
    }

    @Test("the clock is the one in force; below the slowest it is the slowest; 0 is refused")
    func speed() throws {
        #expect(try replies(to: [0x14, 0x40, 0x42, 0x0F, 0]) == [6, 0x40, 0x42, 0x0F, 0])
        #expect(try replies(to: [0x14, 0xFF, 0xFF, 0xFF, 0xFF]) == [6, 0x80, 0x84, 0x1E, 0])
        #expect(try replies(to: [0x14, 1, 0, 0, 0]) == [6, 0xF4, 1, 0, 0])
        #expect(try replies(to: [0x14, 0, 0, 0, 0]) == [0x15])
    }

    @Test("delays are kept until the operations are run, and are no more than the buffer holds")
    func delays() throws {
        let bus = Bus()
        #expect(try replies(to: [0x0B, 0x0E, 10, 0, 0, 0, 0x0E, 0, 1, 0, 0], on: bus) == [6, 6, 6])
        #expect(bus.waited == 0)
        #expect(try replies(to: [0x0E, 10, 0, 0, 0, 0x0E, 0, 1, 0, 0, 0x0F, 0x0F], on: bus) == [6, 6, 6, 6])
        #expect(bus.waited == 266_000)
        #expect(try replies(to: [0x0E, 9, 0, 0, 0, 0x0B, 0x0F], on: bus) == [6, 6, 6] && bus.waited == 266_000)
        let many = try replies(to: Array(repeatElement([0x0E, 0, 0, 0, 0], count: 13_108).joined()))
        #expect(many.dropLast().allSatisfy { $0 == 6 } && many.last == 0x15)
    }

    @Test("what is no command is refused, byte by byte; what is too long is passed over")
    func refused() throws {
        #expect(try replies(to: [0x09, 0x06, 0x15, 0xFF, 0x00]) == [0x15, 0x15, 0x15, 0x15, 6])
        let long = [0x13, 1, 0, 0x10, 1, 0, 0] + [UInt8](repeating: 0, count: 1 << 20 + 1)
        var parser = SerprogParser()
        parser.append(long)
        #expect(parser.next() == .overlongSPI)
        #expect(!parser.isWithinRequest)
        parser.append([0x13, 0, 0, 0, 1])
        #expect(parser.next() == nil && parser.isWithinRequest)
    }

    @Test("a time-out of the device is a refusal, its loss is an error")
    func failures() throws {
        let bus = Bus()
        bus.failure = .timedOut
        #expect(try replies(to: [0x13, 1, 0, 0, 3, 0, 0, 0x9F, 0x00], on: bus) == [0x15, 6])
        bus.failure = .deviceLost("x")
        #expect(throws: PeripheralError.deviceLost("x")) {
            try replies(to: [0x13, 1, 0, 0, 3, 0, 0, 0x9F], on: bus)
        }
    }

    @Test("any bytes, split anywhere, are the same requests", arguments: 0..<20 as Range<UInt64>)
    func splits(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<5000).map { _ in
            Bool.random(using: &random)
                ? UInt8.random(in: 0...0x15, using: &random) : UInt8.random(in: 0...1, using: &random)
        }
        func requests(_ pieces: [ArraySlice<UInt8>]) -> [SerprogRequest] {
            var (parser, found) = (SerprogParser(), [SerprogRequest]())
            for piece in pieces {
                parser.append(piece)
                while let request = parser.next() { found.append(request) }
            }
            return found
        }
        var (pieces, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while !rest.isEmpty {
            pieces.append(rest.prefix(Int.random(in: 1...9, using: &random)))
            rest = rest.dropFirst(pieces.last!.count)
        }
        #expect(requests(pieces) == requests([bytes[...]]))
    }
}
