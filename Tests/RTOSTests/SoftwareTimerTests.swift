import RTOS
import Testing

@Suite("Software timer")
struct SoftwareTimerTests {
    @Test("runs its callback once, a period after its start")
    func oneShot() {
        let log = Log<UInt64>()
        onSingleCore {
            let timer = SoftwareTimer(period: 10, repeats: false) { log.append(Kernel.current.tickCount) }
            RTOSTask.delay(.ticks(5))
            #expect(!timer.isRunning)
            timer.start()
            #expect(timer.expiry == 15)
            RTOSTask.delay(.ticks(100))
            #expect(!timer.isRunning)
            #expect(!timer.stop())
        }
        #expect(log.contents == [15])
    }

    @Test("repeats without drift until it is stopped")
    func repeating() {
        let log = Log<UInt64>()
        onSingleCore {
            let timer = SoftwareTimer(period: 7, repeats: true) { log.append(Kernel.current.tickCount) }
            timer.start(delay: 3)
            RTOSTask.delay(.ticks(18))
            #expect(timer.stop())
            RTOSTask.delay(.ticks(50))
        }
        #expect(log.contents == [3, 10, 17])
    }

    @Test("a start of a running one begins anew, with a new period if wanted")
    func restart() {
        let log = Log<UInt64>()
        onSingleCore {
            let timer = SoftwareTimer(period: 10, repeats: false) { log.append(Kernel.current.tickCount) }
            timer.start()
            RTOSTask.delay(.ticks(8))
            timer.start()
            RTOSTask.delay(.ticks(8))
            timer.start(period: 4)
            RTOSTask.delay(.ticks(30))
            #expect(timer.period == 4)
        }
        #expect(log.contents == [20])
    }

    @Test("several come in the order in which they are due")
    func order() {
        let log = Log<String>()
        onSingleCore {
            let timers = [("c", 9), ("a", 3), ("b", 3)].map { name, period in
                SoftwareTimer(period: UInt32(period), repeats: false) { log.append(name) }
            }
            for timer in timers { timer.start() }
            RTOSTask.delay(.ticks(20))
        }
        #expect(log.contents == ["a", "b", "c"])
    }

    @Test("one that is dropped runs no more")
    func end() {
        let log = Log<String>()
        onSingleCore {
            do {
                let timer = SoftwareTimer(period: 3, repeats: true) { log.append("dropped") }
                timer.start()
            }
            let other = SoftwareTimer(period: 5, repeats: false) { log.append("other") }
            other.start()
            RTOSTask.delay(.ticks(20))
        }
        #expect(log.contents == ["other"])
    }

    @Test("the service calls functions, waits for room for them, and not in an interrupt")
    func calls() {
        let log = Log<Int>()
        onSingleCore {
            $0.timerPriority = 1
            $0.timerQueueLength = 2
        } _: {
            let service = Kernel.current.timerService
            #expect(service.call { log.append(1) })
            #expect(service.call { log.append(2) })
            #expect(!service.call { log.append(0) })
            InterruptContext.run { #expect(!service.call(.forever) { log.append(0) }) }
            #expect(service.call(.forever) { log.append(3) })
            RTOSTask.delay(.ticks(1))
        }
        #expect(log.contents == [1, 2, 3])
    }

    @Test("works on the wall clock")
    func wallClock() {
        let log = Log<UInt64>()
        let kernel = Kernel()
        let timer = SoftwareTimer(period: 2, repeats: true, kernel: kernel) { log.append(kernel.tickCount) }
        let start = kernel.tickCount
        timer.start()
        eventually { log.contents.count >= 3 }
        timer.stop()
        for (number, tick) in log.contents.prefix(3).enumerated() {
            #expect(tick >= start + 2 * UInt64(number + 1))
        }
    }
}
