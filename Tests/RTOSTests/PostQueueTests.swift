import RTOS
import Testing

@Suite("Post queue")
struct PostQueueTests {
    let pool = MessagePool(count: 4)

    func pointer(_ number: Int) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }

    @Test("carries a pointer, a size and a time stamp; first in first out, or last in first out")
    func order() throws {
        let queue = PostQueue(name: "UART", size: 4, pool: pool)
        try queue.post(pointer(0x1000), size: 10, timeStamp: 7)
        try queue.post(pointer(0x2000), size: 20, .firstInFirstOut, timeStamp: 8)
        try queue.post(nil, size: 0, .lastInFirstOut, timeStamp: 9)
        #expect(try queue.pend(.now) == PostMessage(pointer: nil, size: 0, timeStamp: 9))
        #expect(try queue.pend(.now) == PostMessage(pointer: pointer(0x1000), size: 10, timeStamp: 7))
        #expect(try queue.pend(.now) == PostMessage(pointer: pointer(0x2000), size: 20, timeStamp: 8))
        #expect(throws: PostQueue.Failure.wouldBlock) { try queue.pend(.now) }
    }

    @Test("is full before the pool is empty, and neither changes anything")
    func limits() throws {
        let queue = PostQueue(size: 3, pool: pool)
        let other = PostQueue(size: 9, pool: pool)
        for number in 1...3 { try queue.post(pointer(number), size: number) }
        try other.post(nil, size: 0)
        #expect(throws: PostQueue.Failure.full) { try queue.post(nil, size: 0) }
        #expect(throws: PostQueue.Failure.poolEmpty) { try other.post(nil, size: 0) }
        #expect((queue.count, other.count, pool.snapshot.freeCount) == (3, 1, 0))
    }

    @Test("what is to be done when a message is taken is done once for each, and not for one that is refused")
    func whenTaken() throws {
        let queue = PostQueue(size: 3, pool: pool)
        let message = PostMessage(pointer: nil, size: 0, timeStamp: 0)
        var taken = 0
        for _ in 0..<3 { try queue.post(message) { taken += 1 } }
        #expect(throws: PostQueue.Failure.full) { try queue.post(message) { taken += 1 } }
        #expect(taken == 3)
        queue.delete()
        #expect(throws: PostQueue.Failure.self) { try queue.post(message) { taken += 1 } }
        #expect(taken == 3)
    }

    @Test("shows the fields of OS_MSG_Q and OS_MSG_POOL by their names")
    func fields() throws {
        let queue = PostQueue(size: 3, pool: pool)
        #expect(
            queue.description
                == "OS_MSG_Q InPtr=0x0 OutPtr=0x0 NbrEntriesSize=3 NbrEntries=0 NbrEntriesMax=0")
        try queue.post(nil, size: 0)
        try queue.post(nil, size: 0)
        _ = try queue.pend(.now)
        let fields = queue.snapshot
        #expect((fields.size, fields.count, fields.highestCount, fields.waiterCount) == (3, 1, 2, 0))
        #expect(fields.newest == fields.oldest && fields.newest != nil)
        #expect(queue.description.hasSuffix("NbrEntriesSize=3 NbrEntries=1 NbrEntriesMax=2"))
        #expect(pool.description.hasSuffix("NbrFree=3 NbrUsed=1 NbrUsedMax=2"))
        #expect(pool.description.hasPrefix("OS_MSG_POOL NextPtr=0x"))
    }

    @Test("a queue that goes away gives its nodes back")
    func nodes() throws {
        do {
            let queue = PostQueue(size: 3, pool: pool)
            try queue.post(nil, size: 0)
            #expect(pool.snapshot.usedCount == 1)
        }
        #expect(pool.snapshot.usedCount == 0)
    }

    /// Starts a task that pends, and waits until it does.
    func startPending(
        _ queue: PostQueue, _ name: String, priority: UInt8, _ log: Log<String>
    ) {
        let before = queue.waiterCount
        RTOSTask.start(name: name, priority: priority) {
            do throws(PostQueue.Failure) {
                let message = try queue.pend()
                log.append("\(name) \(message.size) at \(message.timeStamp)")
            } catch {
                log.append("\(name) \(error)")
            }
        }
        eventually { queue.waiterCount == before + 1 }
    }

    @Test("hands a message to the waiter of highest priority, with no node and an empty pool")
    func handOver() throws {
        let empty = MessagePool(count: 0)
        let queue = PostQueue(size: 1, pool: empty)
        let log = Log<String>()
        startPending(queue, "low", priority: 1, log)
        startPending(queue, "high", priority: 9, log)
        try queue.post(nil, size: 1, timeStamp: 5)
        eventually { log.contents.count == 1 }
        try queue.post(nil, size: 2, timeStamp: 6)
        eventually { log.contents.count == 2 }
        #expect(log.contents == ["high 1 at 5", "low 2 at 6"])
        #expect((queue.snapshot.highestCount, empty.snapshot.highestUsedCount) == (0, 0))
        #expect(throws: PostQueue.Failure.poolEmpty) { try queue.post(nil, size: 3) }
    }

    @Test("posts to all who wait; with none it is kept once")
    func toAll() throws {
        let queue = PostQueue(size: 4, pool: pool)
        let log = Log<String>()
        for number in 1...3 { startPending(queue, "task \(number)", priority: 5, log) }
        try queue.post(nil, size: 1, toAll: true, timeStamp: 2)
        eventually { log.contents.count == 3 }
        #expect(Set(log.contents) == ["task 1 1 at 2", "task 2 1 at 2", "task 3 1 at 2"])
        #expect(queue.count == 0)
        try queue.post(nil, size: 1, toAll: true)
        #expect(queue.count == 1)
    }

    @Test("aborts one wait or all, with the time of the event")
    func abort() throws {
        let queue = PostQueue(size: 4, pool: pool)
        let log = Log<String>()
        for (name, priority) in [("a", 3), ("b", 7), ("c", 1)] as [(String, UInt8)] {
            startPending(queue, name, priority: priority, log)
        }
        #expect(queue.abort(timeStamp: 11) == 1)
        eventually { log.contents.count == 1 }
        #expect(log.contents == ["b aborted(at: 11)"])
        #expect(queue.abort(all: true, timeStamp: 12) == 2)
        eventually { log.contents.count == 3 }
        #expect(queue.abort() == 0)
    }

    @Test("a flush answers how many there were and leaves those who wait alone")
    func flush() throws {
        let queue = PostQueue(size: 4, pool: pool)
        for _ in 0..<3 { try queue.post(nil, size: 0) }
        #expect(queue.flush() == 3)
        #expect((queue.count, queue.snapshot.highestCount, pool.snapshot.freeCount) == (0, 0, 4))
        let log = Log<String>()
        startPending(queue, "a", priority: 3, log)
        #expect(queue.flush() == 0)
        #expect(queue.waiterCount == 1)
        #expect(queue.abort() == 1)
    }

    @Test("is deleted only if nobody waits, or ends all waits")
    func deletion() throws {
        let queue = PostQueue(size: 4, pool: pool)
        let log = Log<String>()
        startPending(queue, "a", priority: 3, log)
        #expect(queue.delete(ifNobodyWaits: true) == 1)
        #expect(queue.waiterCount == 1)
        #expect(queue.delete(timeStamp: 13) == 1)
        eventually { log.contents == ["a deleted(at: 13)"] }
        #expect(throws: PostQueue.Failure.deleted(at: 13)) { try queue.post(nil, size: 0) }
        #expect(throws: PostQueue.Failure.deleted(at: 13)) { try queue.pend(.now) }
    }

    @Test("time-outs end at their tick; an interrupt cannot wait")
    func timeOuts() throws {
        let queue = PostQueue(size: 4, pool: pool)
        #expect(throws: PostQueue.Failure.timedOut) { try queue.pend(.ticks(3)) }
        InterruptContext.set(true)
        defer { InterruptContext.set(false) }
        #expect(throws: PostQueue.Failure.inInterrupt) { try queue.pend(.ticks(3)) }
        try queue.post(nil, size: 4)
        #expect(try queue.pend(.now).size == 4)
    }

    @Test("a task has a queue of its own, which ends with it")
    func taskQueue() throws {
        let log = Log<String>()
        let pool = pool
        let task = RTOSTask.start(name: "owner") {
            guard let queue = RTOSTask.current.makePostQueue(size: 2, pool: pool) else { return }
            for _ in 0..<2 {
                let message = try? queue.pend()
                log.append("\(message?.size ?? -1)")
            }
            try? queue.post(nil, size: 9)
        }
        eventually { task.postQueue != nil }
        try task.postQueue?.post(nil, size: 1)
        try task.postQueue?.post(nil, size: 2)
        #expect(task.join(.milliseconds(20_000)))
        #expect(log.contents == ["1", "2"])
        #expect(task.postQueue == nil)
        eventually { pool.snapshot.usedCount == 0 }
    }
}
