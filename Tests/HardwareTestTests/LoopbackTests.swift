import Foundation
import HardwareTest
import PeripheralIO
import RTOS
import Testing

@Suite("Loopback test", .timeLimit(.minutes(30)))
struct LoopbackTests {
    private func run(
        _ url: String, count: Int, pattern: Pattern = .random(seed: 3), timeout: UInt32 = 5000
    ) throws -> LoopbackResult {
        let port = try Peripheral(url)
        return try LoopbackTest(pattern: pattern, count: count, timeout: .milliseconds(timeout)).run(on: port)
    }

    @Test(
        "finds nothing wrong with a good wire",
        arguments: ["virtual://spi", "virtual://uart?baud=12M", "virtual://tty"], [1, 4096, 300_001])
    func good(url: String, count: Int) throws {
        let result = try run(url, count: count)
        #expect(result.isGood)
        #expect(result.bytesSent == count)
        #expect(result.bytesReceived == count)
        #expect(result.sha256Sent == result.sha256Received)
        #expect(result.writeCall!.count > 0)
        #expect(result.hasWire == !url.hasPrefix("virtual://tty"))
    }

    @Test("says the digest that everybody gets")
    func digest() throws {
        let result = try run("virtual://tty", count: 3, pattern: .file(Data("abc".utf8)))
        // FIPS 180-4's own example.
        #expect(result.sha256Received == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("counts the bytes that a bad wire changes, and says where the first is", arguments: ["spi", "uart"])
    func flips(kind: String) throws {
        let count = 200_000
        let speed = kind == "uart" ? "&baud=12M" : ""
        let result = try run("virtual://\(kind)?flip=1e-3&seed=5\(speed)", count: count)
        #expect(!result.isGood)
        #expect(result.bytesReceived == count)
        #expect((100...320).contains(result.errors), "200 are expected; \(result.errors)")
        #expect(result.firstError! < count)
        #expect(result.sha256Sent != result.sha256Received)
    }

    @Test("repeats exactly with the same seed")
    func repeats() throws {
        let first = try run("virtual://spi?flip=1e-3&seed=9", count: 50_000)
        let second = try run("virtual://spi?flip=1e-3&seed=9", count: 50_000)
        let other = try run("virtual://spi?flip=1e-3&seed=10", count: 50_000)
        #expect(first.sha256Received == second.sha256Received)
        #expect(first.sha256Received != other.sha256Received)
    }

    @Test("counts bytes that never come back")
    func lost() throws {
        let result = try run("virtual://uart?lose=0.01&seed=2&baud=12M", count: 20_000, timeout: 300)
        #expect(!result.isGood)
        #expect(result.bytesReceived < 20_000)
        #expect(result.errors >= 20_000 - result.bytesReceived)
    }

    @Test("ends at its time-out when the wire stands still", arguments: ["spi", "uart"])
    func stall(kind: String) throws {
        let result = try run("virtual://\(kind)?stall=1000", count: 100_000, timeout: 200)
        #expect(result.timedOut)
        #expect(!result.isGood)
    }

    @Test("throws when the device is unplugged", arguments: ["spi", "uart"])
    func unplugged(kind: String) throws {
        let url = "virtual://\(kind)"
        #expect(throws: PeripheralError.deviceLost(url)) { _ = try run("\(url)?unplug=1000", count: 100_000) }
    }

    @Test("keeps the bus busy and tells by how much")
    func wireShare() throws {
        let result = try run("virtual://spi?speed=1M", count: 50_000)
        let share = try #require(result.wireShare)
        #expect(share > 0 && share <= 1.0)
        #expect(result.bitRate == 1_000_000)
    }
}
