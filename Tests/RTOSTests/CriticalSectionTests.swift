import RTOS
import Synchronization
import Testing

@Suite("Critical section")
struct CriticalSectionTests {
    @Test("keeps tasks and interrupts out of one another's way", arguments: Setting.allCases)
    func exclusion(in setting: Setting) {
        let counter = Counter()
        setting.run(priority: 5) {
            let tasks = (0..<4).map { number in
                let body: @Sendable () -> Void = {
                    for _ in 0..<500 {
                        if number % 2 == 0 {
                            CriticalSection.run { counter.countSlowly() }
                        } else {
                            InterruptContext.run { counter.countSlowly() }
                        }
                    }
                }
                return RTOSTask.start(name: "counter \(number)", priority: 5, body)
            }
            for task in tasks { _ = task.join() }
        }
        #expect(counter.value == 2000)
    }

    @Test("nests, and is over when it was left as often as it was entered")
    func nesting() {
        CriticalSection.enter()
        CriticalSection.enter()
        CriticalSection.exit()
        #expect(CriticalSection.isActive)
        CriticalSection.exit()
        #expect(!CriticalSection.isActive)
    }

    @Test("a task that waits in one lets it go meanwhile", arguments: Setting.allCases)
    func waiting(in setting: Setting) {
        let log = Log<String>()
        setting.run(priority: 5) {
            let semaphore = Semaphore()
            let waiter = RTOSTask.start(name: "waiter", priority: 9) {
                CriticalSection.run {
                    try? semaphore.take()
                    log.append(CriticalSection.isActive ? "inside again" : "outside")
                }
            }
            untilBlocked(waiter)
            CriticalSection.run { log.append("other inside") }
            try? semaphore.give()
            _ = waiter.join()
        }
        #expect(log.contents == ["other inside", "inside again"])
    }

    @Test("the scheduler lock keeps out those who lock it as well", arguments: Setting.allCases)
    func schedulerLock(in setting: Setting) {
        let counter = Counter()
        setting.run(priority: 5) {
            let tasks = (0..<4).map { number in
                RTOSTask.start(name: "locker \(number)", priority: 5) {
                    for _ in 0..<200 {
                        Kernel.lockScheduler()
                        Kernel.lockScheduler()
                        counter.countSlowly()
                        Kernel.unlockScheduler()
                        Kernel.unlockScheduler()
                    }
                }
            }
            for task in tasks { _ = task.join() }
            #expect(!Kernel.unlockScheduler())
            #expect(InterruptContext.run { Kernel.lockScheduler() } == false)
        }
        #expect(counter.value == 800)
    }
}

/// Counts wrongly if two do it at once.
private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func countSlowly() {
        let present = value
        for _ in 0..<20 { _ = Kernel.current }
        count.store(present + 1, ordering: .relaxed)
    }
}
