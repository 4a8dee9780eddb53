import RTOS
import Synchronization
import Testing

/// Ends the whole run when one test case takes for ever.
///
/// Tests here block threads, which a time limit of the testing library cannot interrupt: a hang has to become a failure
/// in some other way than by waiting for it.
struct Watchdog: TestTrait, SuiteTrait, TestScoping {
    /// How long a test case may take, in nanoseconds: far longer than any does on a slow machine.
    private static let bound: UInt64 = 180_000_000_000

    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        let watch = Watch(test.name, until: MonotonicTime.now.advanced(byNanoseconds: Self.bound))
        defer { watch.stop() }
        try await function()
    }

    private final class Watch: Sendable {
        private let isOver = Mutex(false)
        private let task = Mutex<RTOSTask?>(nil)

        init(_ name: String, until deadline: MonotonicTime) {
            RTOSTask.start(name: "watchdog") { [self] in
                task.withLock { $0 = .current }
                while !isOver.withLock({ $0 }) {
                    guard MonotonicTime.now < deadline else { fatalError("“\(name)” hangs") }
                    RTOSTask.current.park(until: deadline)
                }
            }
        }

        func stop() {
            isOver.withLock { $0 = true }
            task.withLock { $0?.unpark() }
        }
    }
}

extension Trait where Self == Watchdog {
    /// Ends the whole run, with the test's name, when it hangs.
    static var watched: Self { Watchdog() }
}
