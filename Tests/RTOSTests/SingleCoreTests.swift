import RTOS
import Synchronization
import Testing

@Suite("Single core")
struct SingleCoreTests {
    @Test("a created task of higher priority reaches its first block before the call returns")
    func creation() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let semaphore = Semaphore()
            RTOSTask.start(name: "high", priority: 6) {
                log.append("high begins")
                try? semaphore.take()
                log.append("high has it")
            }
            log.append("created")
            try? semaphore.give()
            log.append("given")
        }
        #expect(log.contents == ["high begins", "created", "high has it", "given"])
    }

    @Test("a task of the same or a lower priority waits until the running one blocks")
    func lowerPriority() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            RTOSTask.start(name: "low", priority: 4) { log.append("low") }
            RTOSTask.start(name: "equal", priority: 5) { log.append("equal") }
            log.append("first")
        }
        #expect(log.contents == ["first", "equal", "low"])
    }

    @Test("raising a ready task's priority lets it run at once, lowering one's own as well")
    func priorityChange() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let a = RTOSTask.start(name: "a", priority: 2) { log.append("a") }
            RTOSTask.start(name: "b", priority: 3) { log.append("b") }
            a.priority = 6
            log.append("raised")
            RTOSTask.current.priority = 1
            log.append("lowered")
        }
        #expect(log.contents == ["a", "raised", "b", "lowered"])
    }

    @Test("equals that spin on calls that never block take turns")
    func timeSlices() {
        let counts = Log<Int>()
        onSingleCore {
            let semaphore = Semaphore()
            let shared = Shared()
            for number in 0..<3 {
                RTOSTask.start(name: "spinner \(number)", priority: 5) {
                    var count = 0
                    while !shared.isOver.load(ordering: .relaxed) {
                        _ = semaphore.count
                        count += 1
                    }
                    counts.append(count)
                }
            }
            RTOSTask.delay(.ticks(100))
            shared.isOver.store(true, ordering: .relaxed)
        }
        #expect(counts.contents.count == 3)
        for count in counts.contents { #expect(count > 500) }
    }

    @Test("a higher priority's delay ends while a lower one spins")
    func ticksComeToSpinners() {
        let log = Log<String>()
        onSingleCore {
            let shared = Shared()
            RTOSTask.start(name: "low", priority: 1) {
                while !shared.isOver.load(ordering: .relaxed) { _ = Kernel.ticks() }
                log.append("low ends")
            }
            for _ in 0..<10 { RTOSTask.delay(.ticks(3)) }
            log.append("tick \(Kernel.ticks())")
            shared.isOver.store(true, ordering: .relaxed)
        }
        #expect(log.contents == ["tick 30", "low ends"])
    }

    @Test("time goes straight to the next deadline when all wait")
    func idleTime() {
        let log = Log<UInt64>()
        onSingleCore {
            RTOSTask.delay(.ticks(1_000_000))
            log.append(Kernel.current.tickCount)
        }
        #expect(log.contents == [1_000_000])
    }

    @Test("nobody switches while the scheduler is locked, nor in a critical section")
    func schedulerLock() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let semaphore = Semaphore()
            RTOSTask.start(name: "high", priority: 9) {
                for round in 1...2 {
                    try? semaphore.take()
                    log.append("high \(round)")
                }
            }
            Kernel.lockScheduler()
            try? semaphore.give()
            #expect(throws: Semaphore.Failure.schedulerLocked) { try Semaphore().take() }
            log.append("locked")
            Kernel.unlockScheduler()
            CriticalSection.run {
                try? semaphore.give()
                log.append("critical")
            }
        }
        #expect(log.contents == ["locked", "high 1", "critical", "high 2"])
    }

    @Test("a task in a host call lets others run, and time waits for it")
    func hostCall() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let shared = Shared()
            RTOSTask.start(name: "other", priority: 1) {
                log.append("other")
                shared.isOver.store(true, ordering: .relaxed)
                RTOSTask.delay(.ticks(50))
                log.append("other at \(Kernel.ticks())")
            }
            Kernel.hostCall { eventually { shared.isOver.load(ordering: .relaxed) } }
            log.append("first at \(Kernel.ticks())")
        }
        #expect(log.contents == ["other", "first at 0", "other at 50"])
    }

    @Test("an interrupt comes before all tasks, and wakes them without blocking")
    func interrupt() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let semaphore = Semaphore()
            RTOSTask.startInterrupt(name: "interrupt") {
                log.append(InterruptContext.isActive ? "interrupt" : "task")
                #expect(throws: Semaphore.Failure.inInterrupt) { try semaphore.take() }
                try? semaphore.give()
                log.append("interrupt ends")
            }
            log.append("first")
            try? semaphore.take(.now)
        }
        #expect(log.contents == ["interrupt", "interrupt ends", "first"])
    }

    @Test("works with wall ticks as well")
    func wallTicks() {
        let log = Log<String>()
        let kernel = Kernel(Kernel.Configuration(processors: .single, ticks: .wall))
        let semaphore = Semaphore()
        RTOSTask.start(name: "high", priority: 9, kernel: kernel) {
            let start = Kernel.ticks()
            #expect(throws: Semaphore.Failure.timedOut) { try semaphore.take(.ticks(5)) }
            log.append(Kernel.ticks() >= start + 5 ? "in time" : "early")
            try? semaphore.take()
            log.append("high")
        }
        RTOSTask.start(name: "low", priority: 1, kernel: kernel) {
            RTOSTask.delay(.ticks(20))
            try? semaphore.give()
            log.append("low")
        }
        #expect(kernel.waitUntilEnded(.milliseconds(30_000)))
        #expect(log.contents == ["in time", "high", "low"])
    }

    @Test("with wall ticks, spinning equals take turns and a higher priority's delay ends in time")
    func wallSlices() {
        let log = Log<String>()
        let kernel = Kernel(Kernel.Configuration(processors: .single, ticks: .wall))
        let shared = Shared()
        for name in ["one", "other"] {
            RTOSTask.start(name: name, priority: 1, kernel: kernel) {
                log.append(name)
                while !shared.isOver.load(ordering: .relaxed) { _ = Kernel.ticks() }
            }
        }
        RTOSTask.start(name: "high", priority: 9, kernel: kernel) {
            until { log.contents.count == 2 }
            shared.isOver.store(true, ordering: .relaxed)
        }
        #expect(kernel.waitUntilEnded(.milliseconds(30_000)))
        #expect(log.contents.sorted() == ["one", "other"])
    }

    @Test("an interrupt from another thread wakes a task on an idle core")
    func foreignInterrupt() {
        let kernel = Kernel(Kernel.Configuration(processors: .single, ticks: .wall))
        let semaphore = Semaphore()
        let task = RTOSTask.start(name: "waiter", kernel: kernel) { try? semaphore.take() }
        eventually { task.state == .blocked }
        InterruptContext.run {
            #expect(!InterruptContext.takeHasWoken())
            try? semaphore.give()
            #expect(InterruptContext.takeHasWoken())
        }
        #expect(kernel.waitUntilEnded(.milliseconds(30_000)))
    }
}

/// A flag that several tasks see.
final class Shared: Sendable {
    let isOver = Atomic<Bool>(false)
}
