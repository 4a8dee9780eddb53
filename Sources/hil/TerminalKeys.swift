/// What is typed in a terminal: bytes to send, and commands behind the prefix key Ctrl-t, tio's.
///
/// A plain value: each byte typed gives one action.
struct TerminalKeys: Equatable {
    enum Command: Equatable {
        case listKeys, sendBreak, showConfiguration, toggleLocalEcho, toggleLog, flush
        case askForLine(isPulse: Bool)
        case toggleLine(Line)
        case pulseLine(Line)
        case toggleHex, clearScreen, showLines, quit, showStatistics
        case toggleTimestamps, toggleUppercase, showVersion
    }

    enum Line: Equatable { case dtr, rts }

    enum Action: Equatable {
        case nothing
        case send(UInt8)
        case command(Command)
        /// The prefix was followed by a key that is none.
        case unknown(UInt8)
    }

    private enum State: Equatable {
        case plain
        case prefixed
        case choosingLine(isPulse: Bool)
    }

    private var state = State.plain

    /// Ctrl-t.
    static let prefix: UInt8 = 0x14

    mutating func press(_ key: UInt8) -> Action {
        let before = state
        state = .plain
        switch before {
        case .plain:
            guard key == Self.prefix else { return .send(key) }
            state = .prefixed
            return .nothing
        case .choosingLine(let isPulse):
            let lines: [UInt8: Line] = [
                UInt8(ascii: "0"): .dtr, UInt8(ascii: "d"): .dtr, UInt8(ascii: "1"): .rts, UInt8(ascii: "r"): .rts,
            ]
            guard let line = lines[key] else { return .unknown(key) }
            return .command(isPulse ? .pulseLine(line) : .toggleLine(line))
        case .prefixed:
            if key == Self.prefix { return .send(key) }
            guard let command = Self.commands[key] else { return .unknown(key) }
            if case .askForLine(let isPulse) = command { state = .choosingLine(isPulse: isPulse) }
            return .command(command)
        }
    }

    private static let commands: [UInt8: Command] = [
        UInt8(ascii: "?"): .listKeys, UInt8(ascii: "b"): .sendBreak, UInt8(ascii: "c"): .showConfiguration,
        UInt8(ascii: "e"): .toggleLocalEcho, UInt8(ascii: "f"): .toggleLog, UInt8(ascii: "F"): .flush,
        UInt8(ascii: "g"): .askForLine(isPulse: false), UInt8(ascii: "h"): .toggleHex,
        UInt8(ascii: "l"): .clearScreen, UInt8(ascii: "L"): .showLines, UInt8(ascii: "p"): .askForLine(isPulse: true),
        UInt8(ascii: "q"): .quit, UInt8(ascii: "s"): .showStatistics, UInt8(ascii: "t"): .toggleTimestamps,
        UInt8(ascii: "U"): .toggleUppercase, UInt8(ascii: "v"): .showVersion,
    ]

    static let help = [
        "ctrl-t ?       List these keys", "ctrl-t b       Send a break", "ctrl-t c       Show the configuration",
        "ctrl-t e       Toggle local echo", "ctrl-t f       Toggle the log file",
        "ctrl-t F       Throw away what was received and not shown",
        "ctrl-t g       Toggle a line: d for DTR, r for RTS", "ctrl-t h       Toggle hexadecimal mode",
        "ctrl-t l       Clear the screen", "ctrl-t L       Show the lines",
        "ctrl-t p       Pulse a line: d for DTR, r for RTS", "ctrl-t q       Quit",
        "ctrl-t s       Show statistics", "ctrl-t t       Toggle time stamps",
        "ctrl-t U       Toggle upper case for what is sent", "ctrl-t v       Show the version",
        "ctrl-t ctrl-t  Send ctrl-t",
    ]
}

/// Two hexadecimal digits typed become a byte; what is none is passed over.
struct HexInput: Equatable {
    private var high: UInt8?

    mutating func type(_ key: UInt8) -> UInt8? {
        guard let digit = Character(UnicodeScalar(key)).hexDigitValue else { return nil }
        guard let high = high.take() else {
            high = UInt8(digit)
            return nil
        }
        return high << 4 | UInt8(digit)
    }
}
