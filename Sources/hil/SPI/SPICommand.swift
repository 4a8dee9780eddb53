import ArgumentParser
import Foundation
import PeripheralIO
import VirtualHardware

struct SPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spi",
        abstract: "Send and receive on an SPI bus.",
        usage: """
            hil spi <url> [<bytes> ...] [--read <n>] [<options>]
            hil spi <url> --script <path>
            printf '\\x9f\\0\\0\\0' | hil spi <url> | xxd
            """,
        discussion: """
            Bytes are written in hex, 9f or 0x9f or 9f000000. r3 reads three bytes, / ends a transaction and releases \
            chip select, x10 at its end repeats it, wait:5ms waits, @file stands for the bytes of a file and - for \
            those of standard input. A script has the same words, one or several transactions a line, and comments \
            behind #. With --reconnect, the transaction during which the device was lost is done again.

            What is asked for with r or --read is printed. Where nothing is asked for, the bus is full duplex, and \
            all that came in is printed. The clock in force is told on standard error.

            Example: hil spi virtual://flash 9f --read 3
            Example: hil spi virtual://flash 06 / 02 000000 cafe / wait:1ms / 03 000000 r4 -s 10M
            Example: hil spi virtual://spi -p 'hello' --json
            """)

    @Argument(
        help: ArgumentHelp(
            "The device, such as ftdi:///1, virtual://flash or virtual://spi, and what to do.",
            valueName: "url, bytes"))
    var words: [String] = []

    @Option(
        name: [.customShort("D"), .long], help: ArgumentHelp("The device, if not the first word.", valueName: "url"))
    var device: String?

    @Option(
        help: ArgumentHelp("Read so many bytes at the end of the last transaction.", valueName: "n"),
        transform: Amount.parse)
    var read: Amount?

    @OptionGroup(title: "The bus")
    var bus: SPIBusOptions

    @OptionGroup(title: "What is sent")
    var source: SPISourceOptions

    @Flag(name: .customLong("hold"), help: "Keep chip select asserted from the first transaction to the last.")
    var holdsChipSelect = false

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Put what comes in into this file, as it is unless --hex or --json.", valueName: "path"))
    var output: String?

    @Flag(help: "How to print it.")
    var format: SPIOutput.Format?

    @Flag(name: .shortAndLong, help: "Show what was sent, too.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Do not tell the clock in force.")
    var quiet = false

    @Option(help: ArgumentHelp("End with status 1 unless exactly this comes in.", valueName: "hex"))
    var expect: String?

    @Option(
        help: ArgumentHelp("Give up when a transaction hangs for so long.", valueName: "seconds"))
    var timeout = 5.0

    @OptionGroup
    var reconnection: ReconnectOptions

    @OptionGroup
    var trace: TraceOptions

    func validate() throws {
        guard timeout > 0, timeout < 1e6 else { throw ValidationError("--timeout must be above 0.") }
        if reconnection.isWanted, holdsChipSelect {
            throw ValidationError("Give --reconnect or --hold, not both: chip select does not outlast the device.")
        }
        if let read, !(1...SPINotation.longest).contains(read.value) {
            throw ValidationError("--read must be 1 to 256Mi.")
        }
    }

    func run() throws {
        var words = words
        guard let url = device ?? words.first else {
            throw UsageError(message: "no device; write hil spi URL, as in hil spi virtual://flash 9f --read 3")
        }
        if device == nil { words.removeFirst() }
        let expected = try expect.map { try $0.split(separator: " ").flatMap { try SPINotation.bytes(String($0)) } }
        let transactions = try source.transactions(words, reading: read?.value)
        let address = try bus.address(url)
        Interruption.hold()
        let trace = try trace.begin()
        defer { trace?.finish() }
        let port = try Peripheral(address: address, recorder: trace?.recorder)
        defer { port.close() }
        try bus.configure(port)
        let session = try SPISession(port, patience: UInt64(timeout * 1e9), keepsSelected: holdsChipSelect)
        defer { session.port.close() }
        Interruption.onInterrupt { session.interrupt() }
        if !quiet {
            StandardStreams.tell("\(port.name): \(Frequency.text(port.speed)) in force, mode \(address.spi.mode)")
        }
        var output = SPIOutput(
            chosenFormat(words), isVerbose: verbose, descriptor: try StandardStreams.open(writing: output ?? "-"),
            device: port.name, speed: port.speed, mode: address.spi.mode)
        do {
            try run(transactions, session, &output, expected)
            try session.close()
        } catch PeripheralError.closed where Interruption.hasHappened {
            throw Interruption.Happened()
        }
    }

    private func run(
        _ transactions: SPISource, _ session: SPISession, _ output: inout SPIOutput, _ expected: [UInt8]?
    ) throws {
        var check = SPICheck(expected: expected, comparesLoopback: bus.loops)
        var transactions = transactions
        let isDuplex = transactions.isDuplex
        let isShown = source.size == nil || format != nil || verbose || self.output != nil
        var pause: UInt64 = 0
        let start = ContinuousClock.now
        while let transaction = try transactions.next() {
            for _ in 0..<transaction.count {
                try session.wait(pause)
                let received = try perform(transaction, isDuplex, session)
                if isShown { try output.show(transaction, received: received) }
                check.add(transaction, received: received)
                pause = source.pause
            }
        }
        try output.finish()
        if !isShown, !quiet { StandardStreams.tell(check.rate(during: ContinuousClock.now - start)) }
        if let difference = check.difference {
            StandardStreams.tell("hil: " + difference)
            throw ExitStatus.dataErrors
        }
    }

    private func perform(_ transaction: SPITransaction, _ isDuplex: Bool, _ session: SPISession) throws -> [UInt8] {
        while true {
            do {
                return try session.perform(transaction, isDuplex: isDuplex)
            } catch PeripheralError.deviceLost where reconnection.isWanted {
                try session.reconnect { try bus.configure($0) }
            }
        }
    }

    /// Binary in, binary out where both are pipes.
    private func chosenFormat(_ words: [String]) -> SPIOutput.Format {
        if let format { return format }
        if output != nil { return .binary }
        let isPiped = source.isPiped(words, reading: read?.value) && isatty(STDOUT_FILENO) == 0
        return isPiped ? .binary : .hex
    }
}
