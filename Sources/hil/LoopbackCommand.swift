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
            Writes are zero copy. With neither --bytes nor --file it sends what takes about two seconds, at each point of a \
            sweep one second. Lists are written 1M,10M, and 64..64Ki doubles from the first to the last; all combinations \
            are tested. Wrong bits, slips, lost, repeated and inserted bytes are told apart, with their places. It goes on \
            after errors; Ctrl-C ends it with what it has. With --reconnect, the point at which the device was lost is \
            tested again once it is back, and the status is 7 all the same. With --packets it sends framed packets of random length from a \
            pool through a mailbox, and receives them into blocks of another pool that come out of a queue.

            Example: hil loopback virtual://spi --bytes 1M
            Example: hil loopback virtual://spi --clock 1M,10M --size 64..1Ki --report r.html
            Example: hil loopback virtual://uart --baud 1M,3M --pattern prbs31 --junit j.xml
            Example: hil loopback /dev/ttyUSB0 --for 8h --json
            Example: hil loopback virtual://uart?baud=3M --packets --framing slip
            """)

    @Argument(help: "The device: a path, ftdi://ftdi:232h/1, or virtual://spi, virtual://uart, virtual://tty.")
    var url: String

    @Option(
        help: ArgumentHelp("How many bytes to send, such as 4096, 64Ki or 10M.", valueName: "n"),
        transform: Amount.parse)
    var bytes: Amount?

    @Option(help: ArgumentHelp("Send as much as takes about this long at the line's rate.", valueName: "seconds"))
    var seconds: Double?

    @Option(
        help: ArgumentHelp("Send this file, over and over if --bytes or --seconds asks for more.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("What to send: \(Pattern.names.joined(separator: ", ")).", valueName: "names"))
    var pattern: String?

    @Option(help: ArgumentHelp("What random data repeats exactly from.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("SPI clocks to test, in hertz.", valueName: "list"), transform: AmountList.parse)
    var clock: AmountList?

    @Option(help: ArgumentHelp("Baud rates to test.", valueName: "list"), transform: AmountList.parse)
    var baud: AmountList?

    @Option(help: ArgumentHelp("SPI modes to test.", valueName: "list"))
    var mode: String?

    @Option(help: ArgumentHelp("Bytes in a transfer.", valueName: "list"), transform: AmountList.parse)
    var size: AmountList?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Go through it again and again for so long, such as 90s, 15m or 8h.", valueName: "time"),
        transform: TimeSpan.parse)
    var duration: TimeSpan?

    @Option(help: ArgumentHelp("Write a page with plots.", valueName: "file"))
    var report: String?

    @Option(help: ArgumentHelp("Write the results in JUnit's XML.", valueName: "file"))
    var junit: String?

    @Flag(help: "Send framed packets of random length.")
    var packets = false

    @Option(help: ArgumentHelp("With --packets: \(PacketFraming.names).", valueName: "name"))
    var framing: PacketFraming?

    @Option(
        help: ArgumentHelp("With --packets: bytes in the longest, 8 to 65535. 256 unless told.", valueName: "n"),
        transform: Amount.parse)
    var longest: Amount?

    @Option(help: ArgumentHelp("Give up when nothing has moved for this long.", valueName: "seconds"))
    var timeout = 5.0

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup
    var reconnection: ReconnectOptions

    @OptionGroup
    var trace: TraceOptions

    func validate() throws {
        guard timeout > 0, timeout < 4_000_000 else { throw ValidationError("--timeout must be above 0.") }
        if let seconds, !(seconds > 0 && seconds < 1e6) { throw ValidationError("--seconds must be above 0.") }
        if let bytes, bytes.value < 1 { throw ValidationError("--bytes must be at least 1.") }
        if packets, file != nil || pattern != nil {
            throw ValidationError("--packets have random content: --file and --pattern go without it.")
        }
        if packets, isSweep {
            throw ValidationError("--packets go without lists, --for, --report, --junit and --reconnect.")
        }
        if isSweep, trace.trace != nil {
            throw ValidationError("--trace goes without lists, --for, --report, --junit and --reconnect.")
        }
        if !packets, framing != nil || longest != nil {
            throw ValidationError("--framing and --longest go with --packets.")
        }
        if let longest, !PacketLoopbackTest.longestRange.contains(longest.value) {
            throw ValidationError("--longest must be 8 to 65535.")
        }
        if bytes != nil, seconds != nil { throw ValidationError("Give --bytes or --seconds, not both.") }
        if file != nil, pattern != nil { throw ValidationError("Give --file or --pattern, not both.") }
        if let size, !size.values.allSatisfy({ $0 <= LoopbackTest.largestTransfer }) {
            throw ValidationError("--size must be 1 to 16Mi.")
        }
        if clock != nil, baud != nil { throw ValidationError("A bus has a --clock, a serial line a --baud rate.") }
    }

    /// Anything that needs more than one run, or a report of several.
    private var isSweep: Bool {
        clock != nil || baud != nil || mode != nil || size != nil || duration != nil || report != nil || junit != nil
            || reconnection.isWanted || (pattern?.contains(",") ?? false)
    }

    func run() throws {
        let patterns = try chosenPatterns()
        Interruption.hold()
        if isSweep { return try sweep(patterns) }
        let trace = try trace.begin()
        defer { trace?.finish() }
        let port = try Peripheral(address: Board.current().address(of: url), recorder: trace?.recorder)
        defer { port.close() }
        let count = try amount(for: port)
        let timeout = Timeout.milliseconds(UInt32(max(1, timeout * 1000)))
        let progress = Progress()
        Interruption.onInterrupt {}
        guard packets else {
            var test = LoopbackTest(pattern: patterns[0], count: count, timeout: timeout)
            test.onProgress = { received, _ in progress.show(received, of: count) }
            test.shouldStop = { Interruption.hasHappened }
            let result = try watched(progress) { try test.run(on: port) }
            return try tell(
                result, text: LoopbackText.text, isGood: result.isGood, timedOut: result.timedOut)
        }
        var test = PacketLoopbackTest(
            framing: framing ?? .cobs, count: count, longest: longest?.value ?? 256, seed: seed, timeout: timeout)
        test.onProgress = { progress.show($0, of: count) }
        test.shouldStop = { Interruption.hasHappened }
        let result = try watched(progress) { try test.run(on: port) }
        try tell(result, text: PacketLoopbackReport.text, isGood: result.isGood, timedOut: result.timedOut)
    }

    /// Runs a test with its progress on the terminal.
    private func watched<Result>(_ progress: Progress, running test: () throws -> Result) throws -> Result {
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
        if json { try printJSON(result) } else { print(text(result)) }
        guard isGood else { throw timedOut ? ExitStatus.timeOut : ExitStatus.dataErrors }
        if Interruption.hasHappened { throw Interruption.Happened() }
    }

    private func sweep(_ patterns: [Pattern]) throws {
        let address = try Board.current().address(of: url)
        if clock != nil, address.isSerialPort { throw UsageError(message: "\(url): a serial port has a --baud rate") }
        if baud != nil, !address.isSerialPort { throw UsageError(message: "\(url): an SPI bus has a --clock") }
        var suite = LoopbackSuite(
            address: address,
            points: LoopbackPoint.sweep(
                rates: ((clock ?? baud)?.values ?? []).map { UInt32(clamping: $0) }, modes: try chosenModes(),
                transferSizes: size?.values ?? [], patterns: patterns))
        suite.count = bytes?.value
        suite.secondsPerPoint = seconds ?? 1
        suite.timeout = .milliseconds(UInt32(max(1, timeout * 1000)))
        suite.soak = duration?.seconds
        suite.reconnects = reconnection.isWanted
        if bytes == nil, seconds == nil, let file { suite.count = try size(of: file) }
        // What cannot be opened at all is told at once, as everywhere; what comes later is part of the result.
        try Peripheral(address: address).close()
        Interruption.onInterrupt {}
        try LoopbackSweep(suite: suite, json: json, junitPath: junit, reportPath: report).run()
    }

    private func chosenModes() throws -> [Int] {
        guard let mode else { return [] }
        return try mode.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let mode = Int(text), (0...3).contains(mode) else {
                throw UsageError(message: "“\(text)” is no SPI mode; there are 0 to 3")
            }
            return mode
        }
    }

    private func chosenPatterns() throws -> [Pattern] {
        if let file {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe) else {
                throw UsageError(message: "\(file): cannot be read; --file takes a readable file")
            }
            guard !data.isEmpty else {
                throw UsageError(message: "\(file): is empty; --file takes a file with content")
            }
            return [.file(data)]
        }
        return try (pattern ?? "random").split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let chosen = Pattern(name: String(name), seed: seed) else {
                throw UsageError(message: "no pattern “\(name)”; there are \(Pattern.names.joined(separator: ", "))")
            }
            return chosen
        }
    }

    private func size(of file: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    }

    private func amount(for port: Peripheral) throws -> Int {
        if let bytes { return bytes.value }
        if seconds == nil, let file { return try size(of: file) }
        // Without a wire there is no rate to go by: what a kernel moves in about this time.
        let perSecond = port.hasWire ? Double(port.speed) / Double(port.bitsPerByte) : 20e6
        return max(1, Int(perSecond * (seconds ?? 2)))
    }
}

/// A number of bytes as people write it.
struct Amount: ArgumentForm {
    static var form: String { "a number, such as 4096, 64Ki or 1M" }

    var value: Int

    init?(argument: String) {
        guard let number = Quantity.parse(argument).flatMap({ Int(exactly: $0) }) else { return nil }
        value = number
    }
}

extension PacketFraming: ExpressibleByArgument {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
