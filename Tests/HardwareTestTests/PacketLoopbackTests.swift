import HardwareTest
import PeripheralIO
import RTOS
import Testing

@Suite("Loopback test with packets", .timeLimit(.minutes(30)))
struct PacketLoopbackTests {
    private func run(
        _ url: String, count: Int, framing: PacketFraming = .cobs, longest: Int = 256, seed: UInt64 = 1,
        timeout: UInt32 = 10_000
    ) throws -> PacketLoopbackResult {
        let port = try Peripheral(url)
        defer { port.close() }
        return try PacketLoopbackTest(
            framing: framing, count: count, longest: longest, seed: seed, timeout: .milliseconds(timeout)
        ).run(on: port)
    }

    @Test(
        "brings every packet back in order, in every framing",
        arguments: ["virtual://spi", "virtual://uart?baud=12M", "virtual://tty"], PacketFraming.allCases)
    func good(url: String, framing: PacketFraming) throws {
        let result = try run(url, count: 60_000, framing: framing)
        #expect(result.isGood)
        #expect(result.packetsReceived == result.packetsSent)
        #expect(result.bytesReceived >= 60_000)
        #expect(result.latency!.count == UInt64(result.packetsReceived))
        #expect(result.delivery!.p50 <= result.latency!.p50)
        #expect((1...result.highestUsed.mailboxCapacity).contains(result.highestUsed.mailbox))
        #expect((1...result.highestUsed.queueCapacity).contains(result.highestUsed.queue))
        #expect(result.highestUsed.pool >= result.highestUsed.queue)
    }

    @Test("takes packets of any length", arguments: ["virtual://spi", "virtual://uart?baud=12M", "virtual://tty"])
    func lengths(url: String) throws {
        for longest in [8, 9, 255, 5000, 65_535] {
            let result = try run(url, count: 3 * longest, framing: .length, longest: longest)
            #expect(result.isGood, "\(longest)")
        }
    }

    @Test("repeats exactly with the same seed")
    func repeats() throws {
        let url = "virtual://spi?flip=1e-4&seed=5"
        let (first, second) = (try run(url, count: 50_000, seed: 3), try run(url, count: 50_000, seed: 3))
        #expect(first.packetsSent == second.packetsSent)
        #expect(first.bytesReceived == second.bytesReceived)
        #expect(first.packetsDamaged + first.packetsLost > 0)
        #expect(try run(url, count: 50_000, seed: 4).packetsSent != first.packetsSent)
    }

    @Test("counts what a line damages, and never takes it for good")
    func damaged() throws {
        let result = try run("virtual://uart?baud=12M&flip=1e-3&seed=2", count: 50_000, timeout: 500)
        #expect(!result.isGood)
        #expect(result.packetsDamaged > 0)
        #expect(result.packetsReceived + result.packetsDamaged + result.packetsLost >= result.packetsSent)
    }

    @Test("says why packets were dropped")
    func drops() throws {
        let result = try run("virtual://uart?baud=12M&parity=even&flip=1e-3&seed=2", count: 50_000, timeout: 500)
        #expect(result.drops.lineError > 0)
        #expect(result.packetsDamaged == 0)
    }

    @Test("ends when a line has stopped, and closes what cannot be stopped otherwise")
    func stuck() throws {
        let result = try run("virtual://uart?baud=3M&stall=1000", count: 50_000, timeout: 200)
        #expect(result.timedOut)
        #expect(!result.isGood)
    }

    @Test("throws what ended the peripheral", arguments: ["spi", "uart"])
    func lost(kind: String) throws {
        #expect(throws: PeripheralError.deviceLost("virtual://\(kind)")) {
            try run("virtual://\(kind)?unplug=3000", count: 50_000)
        }
    }
}
