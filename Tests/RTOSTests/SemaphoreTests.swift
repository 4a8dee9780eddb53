import RTOS
import Testing

@Suite("Semaphore")
struct SemaphoreTests {
    @Test("holds tokens for those who come later")
    func tokens() throws {
        let semaphore = Semaphore(count: 1, limit: 2)
        try semaphore.give()
        #expect(throws: Semaphore.Failure.full) { try semaphore.give() }
        try semaphore.take(.now)
        try semaphore.take(.now)
        #expect(throws: Semaphore.Failure.wouldBlock) { try semaphore.take(.now) }
        #expect(semaphore.count == 0)
    }

    @Test("hands a token to the waiter of highest priority, and the count does not move")
    func handOver() throws {
        let semaphore = Semaphore()
        let log = Log<String>()
        for (name, priority) in [("low", 1), ("high", 9), ("first", 5), ("second", 5)] as [(String, UInt8)] {
            let before = semaphore.waiterCount
            RTOSTask.start(name: name, priority: priority) {
                try? semaphore.take()
                log.append(name)
            }
            eventually { semaphore.waiterCount == before + 1 }
        }
        for round in 1...4 {
            try semaphore.give()
            #expect(semaphore.count == 0)
            eventually { log.contents.count == round }
        }
        #expect(log.contents == ["high", "first", "second", "low"])
    }

    @Test("ends a wait at its tick")
    func timeOut() {
        let semaphore = Semaphore()
        let start = Kernel.main.tickCount
        #expect(throws: Semaphore.Failure.timedOut) { try semaphore.take(.ticks(5)) }
        #expect(Kernel.main.tickCount >= start + 5)
        #expect(semaphore.waiterCount == 0)
    }

    @Test("ends all waits when it is deleted, with an error of their own")
    func deletion() {
        let semaphore = Semaphore()
        let log = Log<Semaphore.Failure>()
        let tasks = (0..<3).map { number in
            RTOSTask.start(name: "waiter \(number)") {
                do throws(Semaphore.Failure) { try semaphore.take() } catch { log.append(error) }
            }
        }
        eventually { semaphore.waiterCount == 3 }
        #expect(semaphore.delete() == 3)
        for task in tasks { #expect(task.join(.milliseconds(20_000))) }
        #expect(log.contents == [.deleted, .deleted, .deleted])
        #expect(throws: Semaphore.Failure.deleted) { try semaphore.give() }
    }

    @Test("never blocks an interrupt")
    func interrupt() {
        let semaphore = Semaphore()
        InterruptContext.run {
            #expect(throws: Semaphore.Failure.inInterrupt) { try semaphore.take() }
            #expect(throws: Semaphore.Failure.wouldBlock) { try semaphore.take(.now) }
        }
    }

    @Test("loses no token between takers whose time runs out and givers")
    func noTokenIsLost() {
        let semaphore = Semaphore()
        let taken = Log<Int>()
        let takers = (0..<4).map { number in
            RTOSTask.start(name: "taker \(number)") {
                var count = 0
                while true {
                    do throws(Semaphore.Failure) {
                        try semaphore.take(.ticks(1))
                        count += 1
                    } catch {
                        if error == .deleted { break }
                    }
                }
                taken.append(count)
            }
        }
        let giver = RTOSTask.start(name: "giver") {
            for round in 0..<2000 {
                try? semaphore.give()
                if round % 16 == 0 { RTOSTask.delay(.ticks(1)) }
            }
        }
        #expect(giver.join(.milliseconds(60_000)))
        eventually { semaphore.count == 0 }
        semaphore.delete()
        for taker in takers { #expect(taker.join(.milliseconds(20_000))) }
        #expect(taken.contents.reduce(0, +) == 2000)
    }
}
