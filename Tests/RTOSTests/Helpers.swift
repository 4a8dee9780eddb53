import Glibc
import RTOS
import Testing

/// What threads of a test have to tell, in the order in which they told it.
final class Log<Element: Sendable>: Sendable {
    private let elements = Guarded<[Element]>([])

    func append(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    var contents: [Element] { elements.withLock { $0 } }
}

/// Waits until `condition` holds. The bound only turns a hang into a failure.
func eventually(
    _ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) {
    let end = MonotonicTime.now.advanced(byNanoseconds: 30_000_000_000)
    while !condition() {
        if MonotonicTime.now > end {
            Issue.record("it never came true", sourceLocation: sourceLocation)
            return
        }
        usleep(200)
    }
}

/// The two settings of the dispatch rule.
enum Setting: CaseIterable, CustomTestStringConvertible {
    case parallel, singleCore

    var testDescription: String { self == .parallel ? "parallel" : "single core" }

    /// Runs `body` as the first task of a kernel in this setting, until all its tasks have ended.
    func run(
        seed: UInt64 = 1, priority: UInt8 = 100, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable () -> Void
    ) {
        switch self {
        case .parallel:
            let kernel = Kernel()
            RTOSTask.start(name: "first", priority: priority, kernel: kernel, body)
            awaitEnd(of: kernel, sourceLocation)
        case .singleCore:
            onSingleCore(seed: seed, priority: priority, sourceLocation: sourceLocation, body)
        }
    }
}

/// Runs `body` as the first task of a single core with virtual ticks, until all its tasks have ended.
func onSingleCore(
    seed: UInt64 = 1, priority: UInt8 = 100, _ configure: (inout Kernel.Configuration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () -> Void
) {
    var configuration = Kernel.Configuration(processors: .single, ticks: .virtual(seed: seed))
    configuration.startsAtOnce = false
    configure(&configuration)
    let kernel = Kernel(configuration)
    RTOSTask.start(name: "first", priority: priority, kernel: kernel, body)
    kernel.start()
    awaitEnd(of: kernel, sourceLocation)
}

private func awaitEnd(of kernel: Kernel, _ sourceLocation: SourceLocation) {
    if !kernel.waitUntilEnded(.milliseconds(60_000)) {
        let tasks = kernel.tasks.map { "\($0.name) \($0.state)" }
        Issue.record("tasks hang: \(tasks)", sourceLocation: sourceLocation)
    }
}

/// Lets a task of this test come to its next wait, in either setting.
func untilBlocked(_ task: RTOSTask, sourceLocation: SourceLocation = #_sourceLocation) {
    until(sourceLocation: sourceLocation) { task.state == .blocked }
}

/// Waits, as a task, until `condition` holds.
func until(sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool) {
    let end = MonotonicTime.now.advanced(byNanoseconds: 30_000_000_000)
    while !condition() {
        RTOSTask.delay(.ticks(1))
        if MonotonicTime.now > end {
            Issue.record("it never came true", sourceLocation: sourceLocation)
            return
        }
    }
}
