import ArgumentParser
import Foundation
import PeripheralIO
import RTOS

struct UARTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uart",
        abstract: "A terminal on a serial port, or a pipe to it.",
        discussion: """
            On a terminal: keys to TX, RX to the screen, and tio's commands behind ctrl-t (ctrl-t ? lists them, ctrl-t q \
            quits). A port that goes away is connected to again when it is back.

            In a pipe: standard input to TX, RX to standard output. It runs until the port is lost or it is interrupted; \
            with --exit-after-input until all input is off the wire and the line has fallen silent.

            With --send and --expect: sends, and ends once the answer matches, with status 6 if it does not in time. \
            Several are done in turn: the first --send, the first --expect, the second --send. A --send takes \\r, \\n, \\t, \
            \\0, \\e, \\\\ and \\x1b; an --expect is a regular expression.

            Example: hil uart /dev/ttyUSB0 -b 115200 -t --log-file boot.log
            Example: printf 'AT\\r' | hil uart virtual://uart -b 115200 -x
            Example: hil uart virtual://uart --send 'ver 1.2\\r' --expect 'ver .*\\r' --timeout 2
            """)

    @Argument(help: "The device: a path, ftdi://ftdi:232h/1, or virtual://uart, virtual://tty.")
    var url: String

    @Option(
        name: [.customShort("b"), .long],
        help: ArgumentHelp("Bits per second, such as 115200 or 3M.", valueName: "baud"))
    var baudrate: String?

    @Option(name: [.customShort("d"), .long], help: ArgumentHelp("5, 6, 7 or 8.", valueName: "bits"))
    var databits: String?

    @Option(
        name: [.customShort("p"), .long], help: ArgumentHelp("none, odd, even, mark or space.", valueName: "parity"))
    var parity: String?

    @Option(name: [.customShort("s"), .long], help: ArgumentHelp("1 or 2.", valueName: "bits"))
    var stopbits: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("none, hard (RTS/CTS) or soft (XON/XOFF).", valueName: "flow"))
    var flow: String?

    @Flag(name: [.customShort("n"), .customLong("no-reconnect")], help: "End when the port is lost, or not there.")
    var noReconnect = false

    @Flag(name: [.customShort("e"), .customLong("local-echo")], help: "Show what is typed.")
    var localEcho = false

    @Flag(name: [.customShort("t"), .long], help: "Show the time before each line.")
    var timestamp = false

    @Option(
        help: ArgumentHelp(
            "How: the hour, the time since the start or since the line before, or all.", valueName: "name"))
    var timestampFormat: TerminalView.Timestamp?

    @Flag(name: [.customShort("l"), .customLong("log")], help: "Log to a file named for the device and the time.")
    var log = false

    @Option(help: ArgumentHelp("Log to this file, at its end.", valueName: "file"))
    var logFile: String?

    @Flag(help: "Leave control characters and escape sequences out of the log.")
    var logStrip = false

    @Option(
        name: [.customShort("m"), .long], help: ArgumentHelp("\(LineMap.names).", valueName: "flags"),
        transform: LineMap.parse)
    var map: LineMap?

    @Flag(help: "Show what comes in in hexadecimal, and take what is typed as that.")
    var hexadecimal = false

    @Flag(name: [.customShort("x"), .customLong("exit-after-input")], help: "End once all input is off the wire.")
    var exitAfterInput = false

    @OptionGroup
    var trace: TraceOptions

    @Option(parsing: .singleValue, help: ArgumentHelp("Send this.", valueName: "text"), transform: EscapedText.parse)
    var send: [EscapedText] = []

    @Option(
        parsing: .singleValue, help: ArgumentHelp("Wait until what came in matches.", valueName: "pattern"),
        transform: ExpectedText.parse)
    var expect: [ExpectedText] = []

    @Option(help: ArgumentHelp("How long each --expect waits. For ever unless told.", valueName: "seconds"))
    var timeout: Double?

    @Flag(help: "Print only what matched.")
    var onlyMatching = false

    func validate() throws {
        if let timeout, !(timeout > 0 && timeout < 4_000_000) { throw ValidationError("--timeout must be above 0.") }
        if expect.isEmpty, timeout != nil || onlyMatching {
            throw ValidationError("--timeout and --only-matching go with --expect.")
        }
        if exitAfterInput, !(send.isEmpty && expect.isEmpty) {
            throw ValidationError("--exit-after-input goes with standard input, not with --send and --expect.")
        }
    }

    func run() throws {
        var address = try Board.current().address(of: url)
        address.preferUART()
        try address.set([
            ("baud", baudrate), ("databits", databits), ("parity", parity), ("stopbits", stopbits), ("flow", flow),
        ])
        Interruption.hold()
        let trace = try trace.begin()
        defer { trace?.finish() }
        let isScript = !(send.isEmpty && expect.isEmpty)
        if !isScript, !exitAfterInput, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 {
            return try SerialTerminal(address, terminalOptions, recorder: trace?.recorder).run()
        }
        let port = try Peripheral(address: address, recorder: trace?.recorder)
        guard !port.isSPI else {
            throw PeripheralError.badAddress(url, reason: "not a serial port; `hil uart` takes one")
        }
        if let option = terminalOnly {
            throw UsageError(message: "\(option) is for a terminal; a pipe or script passes bytes on as they are")
        }
        guard isScript else { return try SerialPipe(port, endsWithInput: exitAfterInput).run() }
        defer { port.close() }
        try SerialDialogue(
            port: port, sent: send.map(\.bytes), expected: expect,
            timeout: timeout.map { .milliseconds(UInt32(max(1, $0 * 1000))) } ?? .forever, onlyMatching: onlyMatching
        ).run()
    }

    /// An option that was given and means nothing in a pipe or script.
    private var terminalOnly: String? {
        let given = [
            ("--local-echo", localEcho), ("--timestamp", timestamp || timestampFormat != nil),
            ("--log-file", logFile != nil), ("--log", log), ("--log-strip", logStrip), ("--map", map != nil),
            ("--hexadecimal", hexadecimal),
        ]
        return given.first { $0.1 }?.0
    }

    private var terminalOptions: SerialTerminal.Options {
        SerialTerminal.Options(
            reconnects: !noReconnect, localEcho: localEcho, map: map ?? LineMap(),
            timestamp: timestamp || timestampFormat != nil ? timestampFormat ?? .hours : nil, isHex: hexadecimal,
            logPath: logFile ?? (log ? "" : nil), stripsLog: logStrip)
    }
}
