import Foundation

/// What the threads of a terminal write: to the screen, and to a log file if there is one.
final class TerminalScreen: @unchecked Sendable {
    // Everything below is guarded by the lock, which is held while writing: lines of two threads do not mix.
    private let lock = NSLock()
    private var view: TerminalView
    private var stripper: ControlStripper?
    private var log: FileHandle?
    private let logPath: String?
    private let logName: String
    private let opensLog: Bool
    private let timestamp: TerminalView.Timestamp

    init(_ options: SerialTerminal.Options, logName: String) {
        view = TerminalView(start: Date())
        view.map = options.map
        view.isHex = options.isHex
        view.timestamp = options.timestamp
        timestamp = options.timestamp ?? .hours
        stripper = options.stripsLog ? ControlStripper() : nil
        logPath = options.logPath
        opensLog = options.logPath != nil
        self.logName = logName.replacing("/", with: "_")
    }

    /// Opens the log file, if one was asked for.
    func open() throws {
        guard opensLog else { return }
        let path = lock.withLock { openLog() }
        if let path { throw UsageError(message: "\(path): cannot be written; choose a file that you may write to") }
    }

    func close() {
        lock.withLock {
            try? log?.close()
            log = nil
            writeOut(Array("\r".utf8))
        }
    }

    var isHex: Bool { lock.withLock { view.isHex } }

    func show(_ bytes: UnsafeRawBufferPointer) {
        lock.withLock {
            let shown = view.show(bytes, at: Date())
            writeOut(shown)
            if let log { try? log.write(contentsOf: Data(stripper?.strip(shown) ?? shown)) }
        }
    }

    /// A line of the terminal's own.
    func note(_ line: String) {
        lock.withLock { tell(line) }
    }

    func clear() {
        lock.withLock { writeOut(Array("\u{1B}[2J\u{1B}[H".utf8)) }
    }

    func toggleHex() {
        lock.withLock {
            view.isHex.toggle()
            tell("Hexadecimal mode \(view.isHex ? "on" : "off")")
        }
    }

    func toggleTimestamps() {
        lock.withLock {
            view.timestamp = view.timestamp == nil ? timestamp : nil
            tell("Time stamps \(view.timestamp == nil ? "off" : "on")")
        }
    }

    func toggleLog() {
        lock.withLock {
            if let log {
                try? log.close()
                self.log = nil
                tell("Logging off")
            } else if let path = openLog() {
                tell("\(path): cannot be written")
            }
        }
    }

    private func tell(_ line: String) {
        writeOut(view.note(line, at: Date()))
    }

    private func writeOut(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = writeAll($0, to: STDOUT_FILENO) }
    }

    /// Answers the path of a file that cannot be opened.
    private func openLog() -> String? {
        let path = logPath.flatMap { $0.isEmpty ? nil : $0 } ?? "hil_\(logName)_\(Date().formatted(.iso8601)).log"
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return path }
        log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        tell("Logging to \(path)")
        return nil
    }
}
