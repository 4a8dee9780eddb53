import RTOS
import Synchronization
import Testing

@Suite("A mutex that is withheld")
struct WithheldMutexTests {
    @Test("belongs to nobody until it is given, by an interrupt if need be")
    func given() throws {
        let mutex = RTOSMutex()
        #expect(!mutex.isWithheld && !mutex.giveWithheld())
        #expect(mutex.withhold() && mutex.isWithheld && !mutex.withhold())
        #expect(throws: RTOSMutex.Failure.wouldBlock) { try mutex.acquire(.now) }
        #expect(throws: RTOSMutex.Failure.notOwner) { try mutex.release() }
        let isGiven = InterruptContext.run { mutex.giveWithheld() }
        #expect(isGiven && !mutex.isWithheld)
        try mutex.acquire(.now)
        #expect(!mutex.withhold() && mutex.owner == .current)
        try mutex.release()
    }

    @Test("goes to the task that waits for it")
    func handedOver() throws {
        let mutex = RTOSMutex()
        let hadIt = Atomic(false)
        #expect(mutex.withhold())
        let waiter = RTOSTask.start(name: "waiter") {
            guard (try? mutex.acquire()) != nil else { return }
            hadIt.store(true, ordering: .releasing)
            try? mutex.release()
        }
        while mutex.waiterCount == 0 { RTOSTask.delay(.ticks(1)) }
        #expect(mutex.giveWithheld())
        #expect(waiter.join() && hadIt.load(ordering: .acquiring))
        try mutex.acquire(.now)
        try mutex.release()
    }
}

@Suite("Starting a task")
struct TaskStartTests {
    @Test("tells its handle before its first instruction")
    func willStart() {
        let told = Mutex<RTOSTask?>(nil)
        let isTheSame = Atomic(false)
        let tell = { (task: RTOSTask) in told.withLock { $0 = task } }
        let task = RTOSTask.start(name: "told", willStart: tell) {
            isTheSame.store(told.withLock { $0 } == .current, ordering: .releasing)
        }
        #expect(task.join() && isTheSame.load(ordering: .acquiring))
    }
}
