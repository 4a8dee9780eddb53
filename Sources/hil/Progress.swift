import Foundation
import RTOS

/// How far long work has come, on a terminal; nothing when the output is not one.
final class Progress: Sendable {
    private let total: Int
    private let isOnTerminal = isatty(STDERR_FILENO) == 1
    private let nextShow = Guarded(MonotonicTime(nanoseconds: 0))
    private static let interval: UInt64 = 100_000_000

    init(total: Int) {
        self.total = total
    }

    func show(_ done: Int) {
        guard isOnTerminal, total > 0 else { return }
        let now = MonotonicTime.now
        let isDue = nextShow.withLock { next in
            guard now >= next else { return false }
            next = now.advanced(byNanoseconds: Self.interval)
            return true
        }
        guard isDue else { return }
        let percent = Int(Double(done) / Double(total) * 100)
        write("\r\(LoopbackReport.grouped(done)) of \(LoopbackReport.grouped(total)) bytes, \(percent) %")
    }

    /// Leaves an empty line for what is printed next.
    func clear() {
        if isOnTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
