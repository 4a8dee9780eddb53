import Foundation
import RTOS

/// How far long work has come, in one line on a terminal; nothing when the output is not one.
final class Progress: Sendable {
    private let isOnTerminal = isatty(STDERR_FILENO) == 1
    /// https://no-color.org: any value but an empty one.
    private let hasColour = (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    private let nextShow = Guarded(MonotonicTime(nanoseconds: 0))
    private static let interval: UInt64 = 100_000_000

    /// Shows so many bytes of so many.
    func show(_ done: Int, of total: Int) {
        guard total > 0 else { return }
        let percent = Int(Double(done) / Double(total) * 100)
        show("\(LoopbackText.grouped(done)) of \(LoopbackText.grouped(total)) bytes, \(percent) %")
    }

    /// Shows a line instead of the one before, but not more than ten in a second.
    ///
    /// - Parameter alarm: what follows it, in red where there is colour.
    func show(_ line: @autoclosure () -> String, alarm: @autoclosure () -> String = "") {
        guard isOnTerminal else { return }
        let now = MonotonicTime.now
        let isDue = nextShow.withLock { next in
            guard now >= next else { return false }
            next = now.advanced(byNanoseconds: Self.interval)
            return true
        }
        guard isDue else { return }
        let alarm = alarm()
        let end = alarm.isEmpty || !hasColour ? alarm : "\u{1B}[31m\(alarm)\u{1B}[0m"
        write("\r\(line())\(end)\u{1B}[K")
    }

    /// Leaves an empty line for what is printed next.
    func clear() {
        if isOnTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
