import Glibc
import RTOS
import Synchronization
import Testing

/// What threads of a test have to tell, in the order in which they told it.
final class Log<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

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
    if !kernel.waitUntilEnded(.milliseconds(60_000)) {
        Issue.record("tasks hang: \(kernel.tasks.map { "\($0.name) \($0.state)" })", sourceLocation: sourceLocation)
    }
}
