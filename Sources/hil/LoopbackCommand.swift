import ArgumentParser
import Foundation
import HardwareTest
import PeripheralIO
import RTOS

struct LoopbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loopback",
        abstract: "Send data over a wire from TX to RX (MOSI to MISO), and check what comes back.",
        discussion: """
            Writes are zero copy. With neither --bytes nor --file it sends what takes about two seconds. With --packets \
            it sends framed packets of random length from a pool through a mailbox, and receives them into blocks of \
            another pool that come out of a queue.

            Example: hil loopback virtual://spi --bytes 1M
            Example: hil loopback virtual://uart?baud=3M --packets --framing slip
            """)

    @Argument(help: "The device: a path, ftdi://ftdi:232h/1, or virtual://spi, virtual://uart, virtual://tty.")
    var url: String

    @Option(help: ArgumentHelp("How many bytes to send, such as 4096, 64Ki or 10M.", valueName: "n"))
    var bytes: Amount?

    @Option(help: ArgumentHelp("Send as much as takes about this long at the line's rate.", valueName: "seconds"))
    var seconds: Double?

    @Option(
        help: ArgumentHelp("Send this file, over and over if --bytes or --seconds asks for more.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("What to send: \(Pattern.names.joined(separator: ", ")).", valueName: "name"))
    var pattern: String?

    @Option(help: ArgumentHelp("What random data repeats exactly from.", valueName: "number"))
    var seed: UInt64 = 1

    @Flag(help: "Send framed packets of random length.")
    var packets = false

    @Option(help: ArgumentHelp("With --packets: \(PacketFraming.names).", valueName: "name"))
    var framing: PacketFraming?

    @Option(help: ArgumentHelp("With --packets: bytes in the longest, 8 to 65535. 256 unless told.", valueName: "n"))
    var longest: Amount?

    @Option(help: ArgumentHelp("Give up when nothing has moved for this long.", valueName: "seconds"))
    var timeout = 5.0

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard timeout > 0, timeout < 4_000_000 else { throw ValidationError("--timeout must be above 0.") }
        if let seconds, !(seconds > 0 && seconds < 1e6) { throw ValidationError("--seconds must be above 0.") }
        if let bytes, bytes.value < 1 { throw ValidationError("--bytes must be at least 1.") }
        if packets, file != nil || pattern != nil {
            throw ValidationError("--packets have random content: --file and --pattern go without it.")
        }
        if !packets, framing != nil || longest != nil {
            throw ValidationError("--framing and --longest go with --packets.")
        }
        if let longest, !PacketLoopbackTest.longestRange.contains(longest.value) {
            throw ValidationError("--longest must be 8 to 65535.")
        }
        if bytes != nil, seconds != nil { throw ValidationError("Give --bytes or --seconds, not both.") }
    }

    func run() throws {
        let source = try chosenPattern()
        Interruption.hold()
        let port = try Peripheral(url)
        defer { port.close() }
        Interruption.onInterrupt { port.close() }
        let count = try amount(for: port)
        let timeout = Timeout.milliseconds(UInt32(max(1, timeout * 1000)))
        guard packets else {
            var test = LoopbackTest(pattern: source, count: count, timeout: timeout)
            let result = try watched(total: count) {
                let show = $0
                test.onProgress = { received, _ in show(received) }
            } running: {
                try test.run(on: port)
            }
            return try tell(result, text: LoopbackReport.text, isGood: result.isGood, timedOut: result.timedOut)
        }
        var test = PacketLoopbackTest(
            framing: framing ?? .cobs, count: count, longest: longest?.value ?? 256, seed: seed, timeout: timeout)
        let result = try watched(total: count) {
            test.onProgress = $0
        } running: {
            try test.run(on: port)
        }
        try tell(result, text: PacketLoopbackReport.text, isGood: result.isGood, timedOut: result.timedOut)
    }

    /// Runs a test with its progress on the terminal.
    private func watched<Result>(
        total: Int, observe: (@escaping @Sendable (Int) -> Void) -> Void, running test: () throws -> Result
    ) throws -> Result {
        let progress = Progress(total: total)
        observe { progress.show($0) }
        defer { progress.clear() }
        do {
            return try test()
        } catch {
            throw Interruption.hasHappened ? Interruption.Happened() : error
        }
    }

    private func tell<Result: Encodable>(
        _ result: Result, text: (Result) -> String, isGood: Bool, timedOut: Bool
    ) throws {
        if Interruption.hasHappened { throw Interruption.Happened() }
        if json { try printJSON(result) } else { print(text(result)) }
        guard isGood else { throw timedOut ? ExitStatus.timeOut : ExitStatus.dataErrors }
    }

    private func chosenPattern() throws -> Pattern {
        if let file {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe) else {
                throw UsageError(message: "\(file): cannot be read; --file takes a readable file")
            }
            guard !data.isEmpty else {
                throw UsageError(message: "\(file): is empty; --file takes a file with content")
            }
            return .file(data)
        }
        let pattern = pattern ?? "random"
        guard let chosen = Pattern(name: pattern, seed: seed) else {
            throw UsageError(message: "no pattern “\(pattern)”; there are \(Pattern.names.joined(separator: ", "))")
        }
        return chosen
    }

    private func amount(for port: Peripheral) throws -> Int {
        if let bytes { return bytes.value }
        if seconds == nil, let file {
            return try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
        }
        // Without a wire there is no rate to go by: what a kernel moves in about this time.
        let perSecond = port.hasWire ? Double(port.speed) / Double(port.bitsPerByte) : 20e6
        return max(1, Int(perSecond * (seconds ?? 2)))
    }
}

/// A number of bytes as people write it.
struct Amount: ExpressibleByArgument {
    var value: Int

    init?(argument: String) {
        guard let number = Quantity.parse(argument).flatMap({ Int(exactly: $0) }) else { return nil }
        value = number
    }
}

extension PacketFraming: ExpressibleByArgument {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
