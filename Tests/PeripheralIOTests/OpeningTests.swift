import Foundation
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Opening")
struct OpeningTests {
    private func error(opening name: String) -> PeripheralError? {
        do throws(PeripheralError) {
            _ = try Peripheral(name, board: .builtIn)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A path that is not there is missing",
        arguments: ["/dev/no-such-port", "/dev/null/port", "/no/such/folder/port"])
    func missing(path: String) {
        #expect(error(opening: path) == .missing(path))
    }

    @Test("What is no serial port is told to be none", arguments: ["/dev/null", "/proc/self/status", "/tmp", "/dev"])
    func notATTY(path: String) {
        guard case .badAddress(path, _) = error(opening: path) else {
            Issue.record("\(String(describing: error(opening: path)))")
            return
        }
    }

    @Test("An ordinary file is no serial port, and stays as it was")
    func file() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "hil-\(UUID()).txt")
        try Data("text".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        guard case .badAddress = error(opening: file.path()) else {
            Issue.record("it was opened")
            return
        }
        #expect(try Data(contentsOf: file) == Data("text".utf8))
    }

    @Test("A port in use is busy, and its holder is named")
    func busy() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral(line.path)
        let busy = error(opening: line.path)
        guard case .busy(line.path, let holder?) = busy else {
            Issue.record("\(String(describing: busy))")
            return
        }
        #expect(holder.process == getpid())
        #expect("\(busy!)".contains("\(getpid())"))

        // The attempt took nothing from who has it, and the port is free once that one closes it.
        #expect(try port.write([1]) == 1)
        port.close()
        #expect(error(opening: line.path) == nil)
    }

    @Test("A port that another process holds is busy, and that one is named")
    func busyElsewhere() throws {
        let line = try #require(PtyPair())
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/env")
        // flock(1) holds the lock for as long as its command runs, which is until its input ends.
        holder.arguments = ["flock", line.path, "sh", "-c", "echo held; exec cat"]
        let (input, output) = (Pipe(), Pipe())
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        #expect(try output.fileHandleForReading.read(upToCount: 5) == Data("held\n".utf8))
        let busy = error(opening: line.path)
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        guard case .busy(line.path, let found?) = busy else {
            Issue.record("\(String(describing: busy))")
            return
        }
        #expect(found.process != getpid())
        #expect(error(opening: line.path) == nil)
    }

    @Test("A port that the present user may not use is told, with a cure")
    func permission() async {
        // In a process of its own, which gives up the rights of root if it has them.
        await #expect(processExitsWith: .success) {
            guard let line = PtyPair(), chmod(line.path, 0) == 0 else { exit(EXIT_FAILURE) }
            if geteuid() == 0, seteuid(65534) != 0 { exit(EXIT_FAILURE) }
            do {
                _ = try Peripheral(line.path, board: .builtIn)
                exit(EXIT_FAILURE)
            } catch PeripheralError.permissionDenied(line.path, let cure) {
                guard cure.contains("owner") else { exit(EXIT_FAILURE) }
            }
        }
    }

    @Test("A pty whose far end is gone cannot be opened")
    func goneFarEnd() throws {
        let line = try #require(PtyPair())
        // As long as somebody has it open, no other pty gets its number.
        let port = Glibc.open(line.path, O_RDWR | O_NOCTTY)
        defer { Glibc.close(port) }
        line.hangUp()
        #expect(error(opening: line.path) != nil)
    }

    @Test(
        "A setting that cannot be is told, with what could",
        arguments: [
            ("virtual://uart?baud=fast", "baud=fast"), ("virtual://uart?baud=0", "baud=0"),
            ("virtual://uart?baud=-1", "baud=-1"), ("/dev/ttyS0?parity=maybe", "none, odd, even"),
            ("/dev/ttyS0?databits=9", "5, 6, 7, 8"), ("/dev/ttyS0?stopbits=3", "1, 2"),
            ("/dev/ttyS0?flow=yes", "none, hard, soft"), ("/dev/ttyS0?speed=1M", "baud"),
            ("/dev/ttyS0?flip=0.1", "baud"), ("virtual://spi?mode=4", "0, 1, 2, 3"),
            ("virtual://spi?baud=9600", "speed"),
            ("virtual://spi?speed=", "speed="), ("virtual://spi?speed", "speed"), ("virtual://spi?flip=2", "0 to 1"),
            ("virtual://spi?unplug=0", "unplug"), ("virtual://spi?stall=1.5", "stall"), ("virtual://spi?=1", "speed"),
        ])
    func badSetting(name: String, hint: String) {
        guard case .badAddress = error(opening: name) else {
            Issue.record("\(name): \(String(describing: error(opening: name)))")
            return
        }
        #expect("\(error(opening: name)!)".contains(hint))
    }

    @Test(
        "A name that is no device is told",
        arguments: ["", "ttyS0", "virtual://", "virtual://can", "usb://1", "://spi"])
    func badName(name: String) {
        guard case .badAddress = error(opening: name) else {
            Issue.record("\(name): \(String(describing: error(opening: name)))")
            return
        }
    }

    @Test("A pty takes every line setting, as it has no wire")
    func settings() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral("\(line.path)?baud=250000&databits=7&parity=even&stopbits=2&flow=soft")
        #expect(!port.hasWire)
        #expect(!port.isSPI)
        #expect(port.name == line.path)
        #expect(port.address.serial.baudRate == 250_000)
    }

    @Test("Faults and settings of a virtual device can be named together")
    func virtual() throws {
        let port = try Peripheral("virtual://spi?speed=10M&mode=3&flip=1e-3&seed=7&short=100")
        #expect(port.isSPI)
        #expect(port.hasWire)
        #expect(port.address.spi.speed == 10_000_000)
        #expect(port.address.faults.seed == 7)
    }

    @Test("A failed attempt leaves no descriptor behind")
    func noLeak() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral(line.path)
        defer { port.close() }
        let before = descriptors(of: line.path)
        for _ in 1...20 { _ = error(opening: line.path) }
        #expect(descriptors(of: line.path) == before)
    }

    /// How many descriptors this process has for a path.
    private func descriptors(of path: String) -> Int {
        entries(of: "/proc/self/fd").filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
        }.count
    }
}
