import Glibc
import RTOS

/// Where misuse of an interface is told: one line on stderr with the task, the call, and what is wrong.
///
/// The original goes wrong in silence there, or stops in `configASSERT`; here the call fails, and firmware's own
/// `configASSERT` is called where it has one.
enum Misuse {
    /// What firmware wants called after the line was written: its `configASSERT`.
    static let onAssertion = Guarded<(@convention(c) () -> Void)?>(nil)

    private static let mentioned = Guarded<Set<String>>([])

    /// Says what is wrong.
    ///
    /// - Parameters:
    ///   - call: the function that firmware called.
    ///   - problem: what is wrong and, if that is not plain, what to do.
    @inline(never)
    static func report(_ call: StaticString, _ problem: String) {
        write(line(call, problem))
    }

    /// The same, once for each text in the life of the process: for what works, but had better be known.
    @inline(never)
    static func mention(_ call: StaticString, _ matter: String) {
        guard mentioned.withLock({ $0.insert("\(call) \(matter)").inserted }) else { return }
        write(line(call, matter))
    }

    /// The same, for what the original asserts: calls firmware's `configASSERT`, which may not return.
    @inline(never)
    static func assertionFailed(_ call: StaticString, _ problem: String) {
        report(call, problem)
        onAssertion.withLock { $0 }?()
    }

    private static func line(_ call: StaticString, _ problem: String) -> String {
        "hilbridge: \(caller): \(call): \(problem)\n"
    }

    /// Who calls, without making a task of a thread that is none.
    private static var caller: String {
        if InterruptContext.isActive { return "interrupt" }
        if let task = FirmwareTask.current { return "task '\(task.name)'" }
        return "main"
    }

    static func write(_ line: String) {
        var line = line
        line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
