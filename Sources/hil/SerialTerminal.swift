import Foundation
import PeripheralIO
import RTOS
import Synchronization

/// A terminal on a serial port: keys to TX, RX to the screen, commands behind Ctrl-t, and a new connection when the port
/// has gone and is back.
///
/// Two threads: one reads keys and does what they say, one reads the port. Bytes go out through a queue, so that a port
/// that takes none leaves the commands working.
final class SerialTerminal: Sendable {
    private let address: DeviceAddress
    private let options: Options
    private let recorder: TraceRecorder?
    private let screen: TerminalScreen
    private let isQuitting = Atomic<Bool>(false)
    private let state = Guarded(State())

    struct Options: Sendable {
        var reconnects = true
        var localEcho = false
        var map = LineMap()
        var timestamp: TerminalView.Timestamp?
        var isHex = false
        var logPath: String?
        var stripsLog = false
    }

    fileprivate struct State: Sendable {
        var port: Peripheral?
        var localEcho = false
        var uppercase = false
        var sent = 0
        var received = 0
        /// Both are asserted when a port is opened.
        var asserted: ModemLines = .driven
    }

    private static let queueLength = 65536
    /// How long a port that has gone is waited for before it is tried again, in milliseconds.
    private static let retryPause: UInt32 = 200
    private static let pulse: UInt32 = 100
    private static let breakLength: UInt32 = 250

    init(_ address: DeviceAddress, _ options: Options, recorder: TraceRecorder?) {
        self.address = address
        self.recorder = recorder
        self.options = options
        screen = TerminalScreen(options, logName: address.shortName)
        state.withLock { $0.localEcho = options.localEcho }
    }

    /// Returns when the user quits; throws what cannot be waited for, such as a setting that there is not.
    func run() throws {
        // What is wrong for good is told before the screen changes.
        var port: Peripheral?
        do {
            port = try Peripheral(address: address, recorder: recorder)
            if port?.isSPI == true {
                throw PeripheralError.badAddress(address.name, reason: "not a serial port; `hil uart` takes one")
            }
        } catch let error where options.reconnects && Self.mayCome(error) {}
        try screen.open()
        defer { screen.close() }
        guard let terminal = RawTerminal() else { throw UsageError(message: "standard input is no terminal") }
        defer { terminal.restore() }
        Interruption.onInterrupt { self.quit() }
        screen.note("hil \(Hil.configuration.version); ctrl-t q quits, ctrl-t ? lists the keys")
        RTOSTask.start(name: "hil keys") { self.readKeys() }
        try serve(port)
        // The shell's prompt begins a line of its own.
        screen.note("Disconnected")
    }

    private static func mayCome(_ error: any Error) -> Bool {
        switch error as? PeripheralError {
        case .missing, .busy, .deviceLost: true
        default: false
        }
    }

    private func quit() {
        isQuitting.store(true, ordering: .releasing)
        state.withLock { $0.port }?.close()
    }

    private var hasQuit: Bool { isQuitting.load(ordering: .acquiring) }

    // MARK: The port

    private func serve(_ first: Peripheral?) throws {
        var port = first
        var lost: Peripheral?
        var isTold = false
        while !hasQuit {
            if port == nil { port = try? openAgain(lost) }
            guard let open = port else {
                if !isTold { screen.note("Waiting for \(address.name) …") }
                isTold = true
                RTOSTask.delay(.milliseconds(Self.retryPause))
                continue
            }
            isTold = false
            port = nil
            lost = open
            do {
                try connect(open)
            } catch {
                open.close()
                if hasQuit { return }
                guard options.reconnects, Self.mayCome(error) else { throw error }
                screen.note("Disconnected")
            }
        }
    }

    /// Opens the port, under the name that it has now if it was open before.
    ///
    /// - Throws: while it is not there.
    private func openAgain(_ lost: Peripheral?) throws -> Peripheral {
        guard let lost else { return try Peripheral(address: address, recorder: recorder) }
        return try lost.reopened(within: .milliseconds(Self.retryPause))
    }

    /// Shows what comes in until the port is lost, which is thrown, or closed.
    private func connect(_ port: Peripheral) throws {
        try port.control(.useCharacterQueueTX(length: Self.queueLength))
        try port.control(.setTXTimeout(.milliseconds(100)))
        try port.control(.useCircularBufferRX(length: 1 << 20))
        // Nobody sees a millisecond, and a stream wakes this process less often.
        try port.control(.setRXCoalescing(microseconds: 1000))
        try port.control(.setRXTimeout(.forever))
        state.withLock {
            $0.port = port
            $0.asserted = .driven
        }
        defer { state.withLock { $0.port = nil } }
        screen.note("Connected to \(configuration(port))")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        while !hasQuit {
            let count = try port.read(into: buffer, atLeast: 1)
            state.withLock { $0.received += count }
            screen.show(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private func configuration(_ port: Peripheral) -> String {
        let serial = port.address.serial
        let parity = serial.parity.rawValue.prefix(1).uppercased()
        let rate = port.hasWire ? "\(port.speed) baud" : "\(serial.baudRate) baud (no wire)"
        return "\(port.name), \(rate), \(serial.dataBits)\(parity)\(serial.stopBits), flow \(serial.flow.rawValue)"
    }

    // MARK: Keys

    private func readKeys() {
        var keys = TerminalKeys()
        var hex = HexInput()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !hasQuit {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return quit() }
            var out: [UInt8] = []
            for key in buffer[..<count] {
                switch keys.press(key) {
                case .nothing: break
                case .send(let byte): out += typed(byte, &hex)
                case .command(let command):
                    send(&out)
                    carryOut(command)
                case .unknown: screen.note("No such key; ctrl-t ? lists them")
                }
            }
            send(&out)
        }
    }

    private func typed(_ byte: UInt8, _ hex: inout HexInput) -> [UInt8] {
        if screen.isHex { return hex.type(byte).map { [$0] } ?? [] }
        var map = options.map
        if state.withLock({ $0.uppercase }) { map.flags.insert(.oltu) }
        return map.typed(byte)
    }

    private func send(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty, let port = state.withLock({ $0.port }) else { return bytes.removeAll() }
        // A port that is lost meanwhile is told of where it is read.
        let count = (try? port.write(bytes.span.bytes)) ?? 0
        if count < bytes.count { screen.note("\(bytes.count - count) bytes not taken (held by flow control?)") }
        let echoes = state.withLock { state in
            state.sent += count
            return state.localEcho
        }
        if echoes { bytes.withUnsafeBytes { screen.show($0) } }
        bytes.removeAll()
    }

    private func carryOut(_ command: TerminalKeys.Command) {
        switch command {
        case .listKeys: for line in TerminalKeys.help { screen.note(line) }
        case .quit: quit()
        case .clearScreen: screen.clear()
        case .showVersion: screen.note("hil \(Hil.configuration.version)")
        case .toggleHex: screen.toggleHex()
        case .toggleTimestamps: screen.toggleTimestamps()
        case .toggleLog: screen.toggleLog()
        case .toggleLocalEcho:
            let isOn = state.withLock { $0.toggle(\.localEcho) }
            screen.note("Local echo \(isOn ? "on" : "off")")
        case .toggleUppercase:
            let isOn = state.withLock { $0.toggle(\.uppercase) }
            screen.note("Upper case \(isOn ? "on" : "off")")
        case .showStatistics:
            let (sent, received) = state.withLock { ($0.sent, $0.received) }
            screen.note("\(sent) bytes sent, \(received) received")
        case .askForLine(let isPulse): screen.note("\(isPulse ? "Pulse" : "Toggle") which line? d for DTR, r for RTS")
        case .showConfiguration, .sendBreak, .flush, .showLines, .toggleLine, .pulseLine: carryOutOnPort(command)
        }
    }

    private func carryOutOnPort(_ command: TerminalKeys.Command) {
        guard let port = state.withLock({ $0.port }) else { return screen.note("Not connected") }
        do {
            switch command {
            case .showConfiguration: screen.note(configuration(port))
            case .sendBreak:
                try port.sendBreak(milliseconds: Self.breakLength)
                screen.note("Break sent")
            case .flush:
                try port.control(.clearRXBuffer)
                screen.note("Received data thrown away")
            case .showLines: screen.note(try lines(port))
            case .toggleLine(let line): try toggle(line, of: port)
            case .pulseLine(let line):
                try toggle(line, of: port)
                RTOSTask.delay(.milliseconds(Self.pulse))
                try toggle(line, of: port)
            default: break
            }
        } catch {
            screen.note("\(error)")
        }
    }

    private func toggle(_ line: TerminalKeys.Line, of port: Peripheral) throws {
        let bit = line == .dtr ? ModemLines.dtr : .rts
        let isAsserted = !state.withLock { $0.asserted.contains(bit) }
        try port.drive(bit, isAsserted)
        state.withLock { if isAsserted { $0.asserted.insert(bit) } else { $0.asserted.remove(bit) } }
        screen.note("\(line == .dtr ? "DTR" : "RTS") \(isAsserted ? "asserted" : "released")")
    }

    private func lines(_ port: Peripheral) throws -> String {
        let status = try port.lineStatus()
        let all = status.lines.union(state.withLock { $0.asserted })
        let names: [(String, ModemLines)] = [
            ("DTR", .dtr), ("RTS", .rts), ("CTS", .cts), ("DSR", .dsr), ("DCD", .dcd), ("RI", .ri),
        ]
        return names.map { "\($0.0) \(all.contains($0.1) ? "on" : "off")" }.joined(separator: ", ")
    }
}

extension SerialTerminal.State {
    /// Answers what it has become.
    fileprivate mutating func toggle(_ flag: WritableKeyPath<Self, Bool>) -> Bool {
        self[keyPath: flag].toggle()
        return self[keyPath: flag]
    }
}
