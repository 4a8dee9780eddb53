import Foundation
import Testing
import VirtualHardware

@testable import PeripheralIO

/// What an open port costs a process: a thread, which sleeps (`IdleTests`), and some memory.
@Suite("64 open ports", .timeLimit(.minutes(30)))
struct ManyPortsTests {
    /// A mebibyte would be a buffer that nobody asked for; the stack's and the heap's first pages are much less.
    private static let mostKibibytes = 256

    // Each in a process of its own, where nobody else starts threads or takes memory.

    @Test("A serial port has one thread")
    func serialPorts() async {
        let process = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let lines = (0..<64).compactMap { _ in PtyPair() }
            try ManyPortsTests.expectCost("tty") { try Peripheral(lines[$0].path, board: .builtIn) }
        }
        Self.tell(process)
    }

    @Test("A spidev node has one thread")
    func nodes() async {
        let process = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            try ManyPortsTests.expectCost("spidev") { number in
                let driver = try FakeSPIController([ScriptedSPI(script: SPIScript())]).driver(name: "node\(number)")
                return try Peripheral(address: DeviceAddress("/dev/spidev0.0"), driver: driver)
            }
        }
        Self.tell(process)
    }

    @Test("A virtual device has one thread, and so has a virtual chip")
    func virtual() async {
        let process = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            for url in ["virtual://uart", "virtual://spi", "virtual://ft232h", "virtual://ft232h?uart"] {
                try ManyPortsTests.expectCost(url) { _ in try Peripheral(url, board: .builtIn) }
            }
        }
        Self.tell(process)
    }

    /// What the process measured, for those who want the figures.
    private static func tell(_ process: ExitTest.Result?) {
        guard let process else { return }
        print(String(decoding: process.standardOutputContent, as: UTF8.self), terminator: "")
    }

    /// Opens 64, sees what they cost, closes them, and sees that nothing of it is left.
    private static func expectCost(_ what: String, open: (Int) throws -> Peripheral) throws {
        // What the first one of its kind takes for all is not a port's.
        try open(0).close()
        try eventually("the first one's threads end") { ownThreads() == 0 }
        let before = try anonymousMemory()
        var ports: [Peripheral] = []
        for number in 0..<64 { ports.append(try open(number)) }
        try eventually("\(what): a thread a port") { ownThreads() == 64 }
        let kibibytes = max(0, try anonymousMemory() - before) / 64
        print("64 × \(what): a thread and \(kibibytes) KiB each")
        try #require(kibibytes <= mostKibibytes, "\(what): \(kibibytes) KiB a port")
        for port in ports { port.close() }
        try eventually("\(what): the threads end with their ports") { ownThreads() == 0 }
    }

    /// Threads that this process has made; they are named once they run.
    private static func ownThreads() -> Int {
        entries(of: "/proc/self/task").count { task in
            let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
            return name?.hasPrefix("hil ") == true
        }
    }

    /// Kibibytes of memory in use that no file lies behind.
    private static func anonymousMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first)
    }
}
