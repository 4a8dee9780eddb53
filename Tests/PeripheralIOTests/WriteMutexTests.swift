import Testing

@testable import PeripheralIO

/// One test for each row of the write mutex's table in `spec/freertos-plus-io.md`. The rows that speak of buffers,
/// modes and errors are with the device: `WriteMutexOnDeviceTests`.
@Suite("Write mutex")
struct WriteMutexTests {
    private var mutex = WriteMutex<Character>()

    /// Task A holds it.
    private static var held: WriteMutex<Character> {
        var mutex = WriteMutex<Character>()
        _ = mutex.obtain(by: "A", priority: 1, mayWait: false)
        return mutex
    }

    /// The interrupt has it, and A's buffer.
    private static var writing: WriteMutex<Character> {
        var mutex = held
        _ = mutex.beginWrite(by: "A")
        return mutex
    }

    @Test("A task obtains it, writes, and gets it back from the interrupt when the last byte has gone")
    mutating func oneWrite() {
        #expect(mutex.obtain(by: "A", priority: 1, mayWait: true) == .obtained)
        #expect(mutex.beginWrite(by: "A") == true)
        #expect(mutex.obtain(by: "A", priority: 1, mayWait: true) == .waiting)
        #expect(mutex.writeEnded() == "A")
        #expect(mutex.isHeld(by: "A"))
        #expect(mutex.release(by: "A") == .released(next: nil))
        #expect(mutex.isFree)
    }

    @Test("free, OBTAIN by A: held by A", arguments: [true, false])
    mutating func freeObtain(mayWait: Bool) {
        #expect(mutex.isFree)
        #expect(mutex.obtain(by: "A", priority: 1, mayWait: mayWait) == .obtained)
        #expect(mutex.state == .held("A"))
        #expect(mutex.waiters.isEmpty)
    }

    @Test("free, write by anyone: refused")
    mutating func freeWrite() {
        #expect(mutex.beginWrite(by: "A") == false)
        #expect(mutex.isFree)
    }

    @Test("free, RELEASE by anyone: fails")
    mutating func freeRelease() {
        #expect(mutex.release(by: "A") == .refused)
        #expect(mutex.isFree)
    }

    @Test("held by A, write by A: writing")
    func heldWrite() {
        var mutex = Self.held
        #expect(mutex.beginWrite(by: "A") == true)
        #expect(mutex.state == .writing)
        // It is the interrupt's now: a second write has to obtain it again.
        #expect(mutex.beginWrite(by: "A") == false)
        #expect(!mutex.isHeld(by: "A"))
    }

    @Test("held by A, write by another task: refused, still held by A")
    func heldWriteByAnother() {
        var mutex = Self.held
        #expect(mutex.beginWrite(by: "B") == false)
        #expect(mutex == Self.held)
    }

    @Test("held by A, RELEASE by A: free")
    func heldRelease() {
        var mutex = Self.held
        #expect(mutex.release(by: "A") == .released(next: nil))
        #expect(mutex.isFree)
    }

    @Test("writing, the last byte has been moved: free, by the interrupt's hand")
    func writingEnds() {
        var mutex = Self.writing
        #expect(mutex.writeEnded() == nil)
        #expect(mutex.isFree)
    }

    @Test("held by A, OBTAIN by A again: fails at once, it is not recursive", arguments: [true, false])
    func heldObtainAgain(mayWait: Bool) {
        var mutex = Self.held
        #expect(mutex.obtain(by: "A", priority: 1, mayWait: mayWait) == .alreadyHeld)
        #expect(mutex == Self.held)
    }

    @Test("held by A, OBTAIN by B: waits its time, and gets it when A lets it go")
    func heldObtainByAnother() {
        var mutex = Self.held
        #expect(mutex.obtain(by: "B", priority: 1, mayWait: true) == .waiting)
        #expect(mutex.state == .held("A"))
        #expect(mutex.release(by: "A") == .released(next: "B"))
        #expect(mutex.state == .held("B"))
    }

    @Test("held by A, OBTAIN by B: when B's time is over it waits no longer")
    func heldObtainTimesOut() {
        var mutex = Self.held
        _ = mutex.obtain(by: "B", priority: 1, mayWait: true)
        #expect(mutex.stopWaiting("B") == false)
        #expect(mutex == Self.held)
        #expect(mutex.release(by: "A") == .released(next: nil))
    }

    @Test("A time-out that comes just after the mutex was given leaves it given")
    func timesOutTooLate() {
        var mutex = Self.held
        _ = mutex.obtain(by: "B", priority: 1, mayWait: true)
        _ = mutex.release(by: "A")
        #expect(mutex.stopWaiting("B") == true)
        #expect(mutex.state == .held("B"))
    }

    @Test("held by A or writing, OBTAIN without waiting: fails and leaves nobody waiting")
    func obtainWithoutWaiting() {
        for start in [Self.held, Self.writing] {
            var mutex = start
            #expect(mutex.obtain(by: "B", priority: 9, mayWait: false) == .notFree)
            #expect(mutex == start)
        }
    }

    @Test("held by A or writing, RELEASE by another task: fails, nothing changes")
    func releaseByAnother() {
        for start in [Self.held, Self.writing] {
            var mutex = start
            #expect(mutex.release(by: "B") == .refused)
            #expect(mutex == start)
        }
        // While it is written, it is not A's either.
        var mutex = Self.writing
        #expect(mutex.release(by: "A") == .refused)
        #expect(mutex == Self.writing)
    }

    @Test("held by A, A ends: free, or the next waiter's")
    func holderEnds() {
        var mutex = Self.held
        #expect(mutex.taskEnded("A") == nil)
        #expect(mutex.isFree)

        mutex = Self.held
        _ = mutex.obtain(by: "B", priority: 1, mayWait: true)
        #expect(mutex.taskEnded("A") == "B")
        #expect(mutex.state == .held("B"))
    }

    @Test("writing, the task that wrote ends: the interrupt goes on")
    func writerEnds() {
        var mutex = Self.writing
        #expect(mutex.taskEnded("A") == nil)
        #expect(mutex == Self.writing)
    }

    @Test("A waiter that ends is never given the mutex")
    func waiterEnds() {
        var mutex = Self.writing
        _ = mutex.obtain(by: "B", priority: 1, mayWait: true)
        #expect(mutex.taskEnded("B") == nil)
        #expect(mutex.writeEnded() == nil)
        #expect(mutex.isFree)
    }

    @Test("writing, OBTAIN by anyone, A included: waits; its success means that the buffer is free")
    func writingObtain() {
        var mutex = Self.writing
        #expect(mutex.obtain(by: "B", priority: 1, mayWait: true) == .waiting)
        #expect(mutex.obtain(by: "A", priority: 1, mayWait: true) == .waiting)
        #expect(mutex.state == .writing)
        #expect(mutex.writeEnded() == "B")
        #expect(mutex.state == .held("B"))
        #expect(mutex.beginWrite(by: "B") == true)
        #expect(mutex.writeEnded() == "A")
    }

    @Test("held by A or writing: no mode can be chosen, because it is not free")
    func notFree() {
        #expect(!Self.held.isFree)
        #expect(!Self.writing.isFree)
    }

    @Test("An end of a write that is not there changes nothing")
    func endWithoutWrite() {
        var mutex = Self.held
        _ = mutex.obtain(by: "B", priority: 1, mayWait: true)
        let before = mutex
        #expect(mutex.writeEnded() == nil)
        #expect(mutex == before)
    }

    @Test("One waiter at a time, the highest priority first, then the first come")
    func order() {
        var mutex = Self.writing
        for (task, priority) in [("a", 1), ("b", 5), ("c", 3), ("d", 5), ("e", 3)] as [(Character, UInt8)] {
            #expect(mutex.obtain(by: task, priority: priority, mayWait: true) == .waiting)
        }
        var order: [Character] = []
        var next = mutex.writeEnded()
        while let task = next {
            order.append(task)
            guard case .released(let following) = mutex.release(by: task) else { break }
            next = following
        }
        #expect(order == ["b", "d", "c", "e", "a"])
        #expect(mutex.isFree)
    }

    @Test("When the device is lost, everybody who waits is told, and nobody waits any more")
    func loss() {
        var mutex = Self.writing
        _ = mutex.obtain(by: "B", priority: 1, mayWait: true)
        _ = mutex.obtain(by: "C", priority: 2, mayWait: true)
        #expect([mutex.nextAbandonedWaiter(), mutex.nextAbandonedWaiter()] == ["C", "B"])
        #expect(mutex.nextAbandonedWaiter() == nil)
        #expect(mutex.state == .writing)
        // The interrupt gives up what it had.
        #expect(mutex.writeEnded() == nil)
        #expect(mutex.isFree)
    }

    @Test(
        "does what the table says after every sequence of events", arguments: [[1, 2, 3], [5, 5, 5], [1, 2, 2, 3]])
    func everySequence(priorities: [UInt8]) throws {
        let exploration = Exploration(from: WriteMutexModel(priorities: priorities), depth: 100)
        print("write mutex, \(priorities.count) tasks: \(exploration.summary)")
        try #require(exploration.violation == nil)
        // No sequence, however long, leads anywhere else.
        #expect(exploration.isComplete)
        // Free; held by one, with the others waiting in any order; or writing, with any of them waiting in any order.
        let count = priorities.count
        #expect(exploration.states.count == 1 + count * orders(count - 1) + orders(count))
        #expect(exploration.transitions == exploration.states.count * (6 * priorities.count + 2))
        #expect(exploration.reaches { $0.owner == .interrupt && $0.arrivals.count == priorities.count })
        #expect(exploration.reaches { $0.owner == .task(0) && $0.arrivals.count == priorities.count - 1 })
    }

    /// In how many orders some of `count` tasks can wait: 1 + n + n(n - 1) + … + n!
    private func orders(_ count: Int) -> Int {
        (0...count).reduce((sum: 0, product: 1)) { partial, taken in
            (partial.sum + partial.product, partial.product * (count - taken))
        }.sum
    }
}
