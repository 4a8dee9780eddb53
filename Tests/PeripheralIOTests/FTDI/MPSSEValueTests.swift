import Testing

@testable import PeripheralIO

@Suite("MPSSE clock and opcodes")
struct MPSSEValueTests {
    @Test(
        "The clock is the fastest that is no faster than asked (AN_114)",
        arguments: [
            (40_000_000, 30_000_000), (30_000_000, 30_000_000), (29_999_999, 15_000_000), (20_000_000, 15_000_000),
            (12_000_000, 10_000_000), (10_000_000, 10_000_000), (8_000_000, 7_500_000), (6_000_000, 6_000_000),
            (458, 458), (457, 457), (100, 100), (92, 92),
        ] as [(UInt32, UInt32)])
    func rates(asked: UInt32, rate: UInt32) throws {
        #expect(try #require(MPSSEClock(notAbove: asked)).rate == rate)
    }

    @Test("The divisors are those of AN_108, section 3.8")
    func divisors() throws {
        let fast = try #require(MPSSEClock(notAbove: 30_000_000))
        #expect(fast.divisor == 0 && !fast.usesSlowBase)
        let slow = try #require(MPSSEClock(notAbove: 458))
        #expect(slow.divisor > 65000 && !slow.usesSlowBase)
        let slowest = try #require(MPSSEClock(notAbove: MPSSEClock.slowest()))
        #expect(slowest.usesSlowBase)
        #expect(MPSSEClock(notAbove: MPSSEClock.slowest() - 1) == nil)
        #expect(MPSSEClock(notAbove: 0) == nil)
    }

    @Test("Three phases are clocked at two thirds, 20 MHz at most")
    func threePhases() throws {
        #expect(try #require(MPSSEClock(notAbove: 30_000_000, isThreePhase: true)).rate == 20_000_000)
        #expect(try #require(MPSSEClock(notAbove: 10_000_000, isThreePhase: true)).rate == 10_000_000)
        #expect(MPSSEClock(notAbove: MPSSEClock.slowest(isThreePhase: true), isThreePhase: true) != nil)
        #expect(MPSSEClock(notAbove: MPSSEClock.slowest(isThreePhase: true) - 1, isThreePhase: true) == nil)
    }

    @Test("A clock that was told can be asked for, and none is faster than asked")
    func consistent() throws {
        for divisor in stride(from: 1, through: 65536, by: 37) {
            let rate = UInt32((60_000_000 + divisor) / (2 * divisor))
            let clock = try #require(MPSSEClock(notAbove: rate))
            #expect(clock.rate == rate)
            #expect(MPSSEClock(notAbove: rate - 1).map { $0.rate < rate } ?? true)
        }
    }

    @Test("Modes 0 and 2 have the opcodes of AN_114; bit 3 sends the lowest bit first")
    func opcodes() throws {
        let zero = try #require(SPIShift(mode: 0))
        #expect([zero.writeOpcode, zero.readOpcode, zero.exchangeOpcode] == [0x11, 0x20, 0x31])
        let two = try #require(SPIShift(mode: 2))
        #expect([two.writeOpcode, two.readOpcode, two.exchangeOpcode] == [0x10, 0x24, 0x34])
        let reversed = try #require(SPIShift(mode: 0, leastSignificantFirst: true))
        #expect([reversed.writeOpcode, reversed.readOpcode, reversed.exchangeOpcode] == [0x19, 0x28, 0x39])
        #expect(SPIShift(mode: 1) == nil && SPIShift(mode: 3) == nil)
    }

    @Test("Status bytes go, data stay, packet by packet")
    func packets() {
        let full: [UInt8] = [0x32, 0x60] + (0..<510).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = full + [0x32, 0x64, 9, 8]
        bytes.withUnsafeBytes { bytes in
            let packets = Array(FTDIPackets(bytes, packetSize: 512))
            #expect(packets.map(\.data.count) == [510, 2])
            #expect(Array(packets[1].data) == [9, 8])
            #expect(packets[1].status.line.contains(.parity))
            #expect(packets[0].status.modem == [.cts, .dsr])
        }
    }

    @Test("What is shorter than the status bytes holds nothing", arguments: [[], [0x32]] as [[UInt8]])
    func tooShort(bytes: [UInt8]) {
        bytes.withUnsafeBytes { #expect(Array(FTDIPackets($0, packetSize: 64)).isEmpty) }
    }

    @Test("The bus goes round among those who want it")
    func turns() {
        var turns = BusTurns()
        func take(_ user: Int, isEmpty: Bool) -> Bool { turns.take(user, isEmpty: isEmpty) }
        #expect(take(1, isEmpty: true))
        #expect(take(1, isEmpty: false))
        #expect(!take(2, isEmpty: false))
        // Somebody waits: no more until that one has had its turn.
        #expect(!take(1, isEmpty: false))
        turns.drained()
        #expect(!take(1, isEmpty: true))
        #expect(take(2, isEmpty: true))
        turns.drained()
        #expect(take(1, isEmpty: true))
        turns.hold(1, true)
        turns.drained()
        #expect(!take(2, isEmpty: true))
        turns.leave(2)
        turns.leave(1)
        #expect(take(3, isEmpty: true))
    }
}
