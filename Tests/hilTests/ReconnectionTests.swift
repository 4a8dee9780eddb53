import Foundation
import HardwareTest
import Synchronization
import Testing
import VirtualHardware

@Suite("--reconnect", .timeLimit(.minutes(30)))
struct ReconnectionTests {
    /// A serial port under a name that stays, as those in /dev/serial/by-id do, whatever is plugged in.
    private struct Socket {
        let folder: TemporaryFolder
        var path: String { folder.url.appendingPathComponent("port").path }

        init() throws {
            folder = try TemporaryFolder()
        }

        func plug() throws -> PtyPair {
            let line = try #require(PtyPair())
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: line.path)
            return line
        }

        func unplug(_ line: PtyPair) throws {
            // The name first: another pty may soon have the line's.
            try FileManager.default.removeItem(atPath: path)
            line.hangUp()
        }
    }

    @Test("hil spi does the transaction again during which the device was lost, and its trace goes on")
    func transactions() throws {
        let folder = try TemporaryFolder()
        let trace = folder.url.appendingPathComponent("trace.jsonl").path
        // Two transactions of three bytes before each loss.
        let outcome = try Hil.run(
            "spi", "virtual://spi?unplug=8", "010203", "x5", "--reconnect", "-q", "--trace", trace)
        #expect(outcome.status == 0)
        #expect(outcome.text == String(repeating: "01 02 03\n", count: 5))
        let (lost, back) = ("hil: virtual://spi: device lost; waiting until it is back", "hil: virtual://spi: back")
        #expect(outcome.errors.split(separator: "\n").map(String.init) == [lost, back, lost, back])
        let lines = try Hil.run("trace", trace).text.split(separator: "\n")
        #expect(lines.count { $0.contains("< 01 02 03") } == 5, "\(lines)")
        #expect(lines.count { $0.hasPrefix("virtual://spi  SPI") } == 1, "\(lines)")
    }

    @Test("hil spi ends at Ctrl-C meanwhile")
    func interrupted() throws {
        let errors = Pipe()
        // It is lost again whenever it is back.
        let process = try Hil.start(
            ["spi", "virtual://spi?unplug=2", "010203", "--reconnect", "-q"], errors: errors.fileHandleForWriting)
        try errors.fileHandleForWriting.close()
        #expect(!errors.fileHandleForReading.availableData.isEmpty)
        process.interrupt()
        _ = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 130)
    }

    @Test("Chip select that is held does not outlast the device")
    func held() throws {
        let outcome = try Hil.run("spi", "virtual://spi", "01", "--hold", "--reconnect")
        #expect(outcome.status == 2 && outcome.errors.contains("not both"))
    }

    @Test("hil loopback tests the point again, and tells of the loss")
    func loopback() throws {
        let socket = try Socket()
        let first = try socket.plug()
        let output = Pipe()
        let process = try Hil.start(
            ["loopback", socket.path, "--bytes", "4096", "--reconnect", "--json", "--timeout", "600"], output: output)
        // The port is opened twice, the first time only to see whether it can be.
        while first.read(1).isEmpty { usleep(1000) }
        try socket.unplug(first)
        let second = try socket.plug()
        let isOver = Atomic(false)
        let echoing = DispatchGroup()
        DispatchQueue.global().async(group: echoing) {
            var byte: [UInt8] = []
            while !isOver.load(ordering: .relaxed) {
                byte = second.read(1)
                if byte.isEmpty { usleep(1000) } else { second.write(byte) }
            }
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        isOver.store(true, ordering: .relaxed)
        echoing.wait()
        let point = try #require(try JSONDecoder().decode(LoopbackReport.self, from: data).points.first)
        #expect(point.failureCount == 1 && point.failure?.contains("device lost") == true)
        let result = try #require(point.result)
        #expect(result.bytesReceived == 4096 && result.errors == 0)
        #expect(process.terminationStatus == 7)
    }

    @Test("hil loopback ends at Ctrl-C while the device is away")
    func interruptedLoopback() throws {
        let socket = try Socket()
        let line = try socket.plug()
        let process = try Hil.start(["loopback", socket.path, "--for", "8h", "--reconnect", "--timeout", "600"])
        while line.read(1).isEmpty { usleep(1000) }
        try socket.unplug(line)
        process.interrupt()
        process.waitUntilExit()
        // It may have been told to end before it knew of the loss.
        #expect([7, 130].contains(process.terminationStatus))
    }
}
