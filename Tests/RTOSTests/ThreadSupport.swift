import Glibc
import RTOS
import Synchronization

/// Carries what the compiler cannot know to be safe into a thread.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}

/// Runs `body` on so many threads at once and waits for all of them.
func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { number in
        RTOSThread.startJoinable(name: "test \(number)") { body(number) }
    }
    for thread in threads { thread.join() }
}

/// A number that threads add to.
final class Tally: Sendable {
    private let number = Atomic<Int>(0)

    func add(_ amount: Int) {
        number.wrappingAdd(amount, ordering: .acquiringAndReleasing)
    }

    /// Answers how far it was, and goes one further: a clock that no two threads read the same.
    func next() -> Int {
        number.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue
    }

    var value: Int { number.load(ordering: .sequentiallyConsistent) }
}

/// Lets threads go on together, as nearly at once as can be had.
final class SpinBarrier: Sendable {
    private let count: Int
    private let arrived = Atomic<Int>(0)

    init(count: Int) {
        self.count = count
    }

    func wait() {
        let ticket = arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
        let full = (ticket / count + 1) * count
        var spins = 0
        while arrived.load(ordering: .acquiring) < full {
            spins += 1
            if spins % 100 == 0 { sched_yield() }
        }
    }
}

/// True with `HIL_FAST=1` in the environment: long tests are cut to a tenth.
let isFast = getenv("HIL_FAST").map { String(cString: $0) == "1" } ?? false

/// How often a stress test repeats what it does.
func stressCount(_ count: Int) -> Int {
    isFast ? count / 10 : count
}

func yieldThread() {
    sched_yield()
}
