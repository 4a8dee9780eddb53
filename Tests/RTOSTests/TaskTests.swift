import RTOS
import Testing

@Suite("Task")
struct TaskTests {
    @Test("has a name, a priority and a state, and its handle outlives it", arguments: Setting.allCases)
    func handle(in setting: Setting) {
        setting.run {
            let task = RTOSTask.start(name: "sensor", priority: 120) { RTOSTask.delay(.forever) }
            untilBlocked(task)
            #expect(task.name == "sensor")
            #expect(task.priority == 120)
            #expect(RTOSTask.current.state == .running)
            #expect(Kernel.current.tasks.contains(task))
            #expect(task.delete())
            #expect(task.join())
            #expect(task.state == .deleted)
            #expect(!task.delete())
            #expect(task.name == "ended task")
        }
    }

    @Test("a suspended one stops at its next call, and goes on when it is resumed", arguments: Setting.allCases)
    func suspension(in setting: Setting) {
        let log = Log<String>()
        setting.run {
            let shared = Shared()
            let task = RTOSTask.start(name: "spinner", priority: 50) {
                while !shared.isOver.load(ordering: .relaxed) { _ = Kernel.ticks() }
                log.append("ended")
            }
            RTOSTask.delay(.ticks(3))
            task.suspend()
            #expect(task.state == .suspended)
            // By now it has stopped.
            RTOSTask.delay(.ticks(50))
            shared.isOver.store(true, ordering: .relaxed)
            #expect(task.resume())
            #expect(!task.resume())
            _ = task.join()
        }
        #expect(log.contents == ["ended"])
    }

    @Test("one that suspends itself waits to be resumed", arguments: Setting.allCases)
    func selfSuspension(in setting: Setting) {
        let log = Log<String>()
        setting.run {
            let task = RTOSTask.start(name: "sleeper", priority: 120) {
                RTOSTask.current.suspend()
                log.append("resumed")
            }
            until { task.state == .suspended }
            log.append("resuming")
            task.resume()
            _ = task.join()
        }
        #expect(log.contents == ["resuming", "resumed"])
    }

    @Test("suspending a waiting one keeps its place, or ends its wait", arguments: Setting.allCases)
    func suspensionOfAWait(in setting: Setting) {
        let log = Log<String>()
        setting.run {
            let semaphore = Semaphore()
            for endingWait in [false, true] {
                let task = RTOSTask.start(name: "waiter", priority: 120) {
                    do throws(Semaphore.Failure) {
                        try semaphore.take()
                        log.append("taken")
                    } catch {
                        log.append("\(error)")
                    }
                }
                untilBlocked(task)
                task.suspend(endingWait: endingWait)
                #expect(semaphore.waiterCount == (endingWait ? 0 : 1))
                try? semaphore.give()
                RTOSTask.delay(.ticks(5))
                #expect(task.state == .suspended)
                task.resume()
                _ = task.join()
            }
            #expect(semaphore.count == 1)
        }
        #expect(log.contents == ["taken", "aborted"])
    }

    @Test("a running one is deleted at its next call", arguments: Setting.allCases)
    func deletionOfARunningTask(in setting: Setting) {
        setting.run {
            let task = RTOSTask.start(name: "spinner", priority: 50) {
                while true { _ = Kernel.ticks() }
            }
            RTOSTask.delay(.ticks(3))
            task.delete()
            #expect(task.state == .deleted)
            #expect(task.join(.milliseconds(30_000)))
        }
    }

    @Test("a deleted one that waited takes nothing with it", arguments: Setting.allCases)
    func deletionOfAWaitingTask(in setting: Setting) {
        setting.run {
            let semaphore = Semaphore()
            let task = RTOSTask.start(name: "waiter", priority: 120) { try? semaphore.take() }
            untilBlocked(task)
            task.delete()
            #expect(task.join(.milliseconds(30_000)))
            #expect(semaphore.waiterCount == 0)
            try? semaphore.give()
            #expect(semaphore.count == 1)
        }
    }

    @Test("one that is suspended can be deleted", arguments: Setting.allCases)
    func deletionOfASuspendedTask(in setting: Setting) {
        setting.run {
            let task = RTOSTask.start(name: "suspended", priority: 120) { RTOSTask.current.suspend() }
            until { task.state == .suspended }
            task.delete()
            #expect(task.join(.milliseconds(30_000)))
        }
    }

    @Test("is not stopped while it says so", arguments: Setting.allCases)
    func withoutBeingStopped(in setting: Setting) {
        let log = Log<String>()
        setting.run {
            let task = RTOSTask.start(name: "holder", priority: 120) {
                RTOSTask.withoutBeingStopped {
                    RTOSTask.delay(.ticks(50))
                    log.append("finished")
                }
                _ = Kernel.ticks()
                log.append("never")
            }
            untilBlocked(task)
            task.delete()
            #expect(task.join(.milliseconds(30_000)))
        }
        #expect(log.contents == ["finished"])
    }

    @Test("a delay ends with its tick, a periodic one without drift", arguments: Setting.allCases)
    func delays(in setting: Setting) {
        setting.run {
            let start = Kernel.ticks()
            #expect(RTOSTask.delay(.ticks(5)))
            #expect(Kernel.ticks() >= start + 5)
            var last = Kernel.ticks()
            let first = last
            for _ in 0..<5 { RTOSTask.delay(until: &last, period: 4) }
            #expect(last == first + 20)
            #expect(Kernel.ticks() >= first + 20)
            var past = last - 10
            #expect(!RTOSTask.delay(until: &past, period: 5))
        }
    }

    @Test("with virtual ticks a delay lasts exactly as long as it says")
    func exactDelays() {
        let log = Log<UInt64>()
        onSingleCore {
            for ticks in [1, 2, 1000] as [UInt32] {
                RTOSTask.delay(.ticks(ticks))
                log.append(Kernel.current.tickCount)
            }
        }
        #expect(log.contents == [1, 3, 1003])
    }

    @Test("a delay can be ended early", arguments: Setting.allCases)
    func abortDelay(in setting: Setting) {
        let log = Log<Bool>()
        setting.run {
            let task = RTOSTask.start(name: "sleeper", priority: 120) { log.append(RTOSTask.delay(.forever)) }
            #expect(!RTOSTask.current.abortDelay())
            untilBlocked(task)
            #expect(task.abortDelay())
            _ = task.join()
        }
        #expect(log.contents == [false])
    }

    @Test("tasks wait for a kernel that has not started")
    func start() {
        for processors in [Kernel.Processors.parallel, .single] {
            var configuration = Kernel.Configuration(processors: processors)
            configuration.startsAtOnce = false
            let kernel = Kernel(configuration)
            let log = Log<String>()
            RTOSTask.start(name: "low", priority: 1, kernel: kernel) { log.append("task") }
            #expect(!kernel.waitUntilEnded(.ticks(20)))
            #expect(log.contents.isEmpty)
            kernel.start()
            #expect(kernel.waitUntilEnded(.milliseconds(30_000)))
            #expect(log.contents == ["task"])
        }
    }
}
