import RTOS
import Testing

@Suite("Message queue")
struct MessageQueueTests {
    @Test("copies messages in and out, first in first out")
    func order() throws {
        let queue = MessageQueue(name: "samples", capacity: 3, messageSize: 4)
        for number in 1...3 as ClosedRange<UInt32> { try queue.put(number, timeout: .now) }
        #expect((queue.count, queue.space, queue.capacity, queue.messageSize) == (3, 0, 3, 4))
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.put(UInt32(4), timeout: .now) }
        for number in 1...3 as ClosedRange<UInt32> { #expect(try queue.get(UInt32.self, timeout: .now) == number) }
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.get(UInt32.self, timeout: .now) }
    }

    @Test("a higher priority goes first, and both kinds share the capacity")
    func priorities() throws {
        let queue = MessageQueue(capacity: 4, messageSize: 1)
        for (body, priority) in [(1, 0), (2, 3), (3, 0), (4, 255)] as [(UInt8, UInt8)] {
            try queue.put(body, priority: priority, timeout: .now)
        }
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.put(UInt8(5), priority: 9, timeout: .now) }
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.put(UInt8(5), timeout: .now) }
        var body: UInt8 = 0
        var taken: [[UInt8]] = []
        for _ in 0..<4 {
            let priority = try queue.get(into: &body, timeout: .now)
            taken.append([body, priority])
        }
        #expect(taken == [[4, 255], [2, 3], [1, 0], [3, 0]])
        #expect(queue.space == 4)
    }

    @Test("a message that is put in front is taken next; a peek leaves it")
    func frontAndPeek() throws {
        let queue = MessageQueue(capacity: 4, messageSize: 1)
        var body: UInt8 = 0
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.peek(at: &body, timeout: .now) }
        try queue.put(UInt8(1), timeout: .now)
        try queue.peek(at: &body, timeout: .now)
        #expect(body == 1)
        try withUnsafeBytes(of: 2 as UInt8) { try queue.putInFront(from: $0.baseAddress!, timeout: .now) }
        try withUnsafeBytes(of: 3 as UInt8) { try queue.putInFront(from: $0.baseAddress!, timeout: .now) }
        try queue.peek(at: &body, timeout: .now)
        #expect(body == 3)
        #expect(try (0..<3).map { _ in try queue.get(UInt8.self, timeout: .now) } == [3, 2, 1])
    }

    @Test("a message that is overwritten makes room")
    func overwrite() throws {
        let queue = MessageQueue(capacity: 1, messageSize: 1)
        for body in 1...3 as ClosedRange<UInt8> { withUnsafeBytes(of: body) { queue.overwrite(from: $0.baseAddress!) } }
        #expect(queue.count == 1)
        #expect(try queue.get(UInt8.self, timeout: .now) == 3)
    }

    @Test("a waiting getter gets the message directly, highest priority first, and the count does not move")
    func handOver() throws {
        let queue = MessageQueue(capacity: 4, messageSize: 1)
        let log = Log<String>()
        for (name, priority) in [("low", 1), ("high", 9), ("first", 5), ("second", 5)] as [(String, UInt8)] {
            let before = queue.waiterCount(.takers)
            RTOSTask.start(name: name, priority: priority) {
                let body = try? queue.get(UInt8.self)
                log.append("\(name) \(body ?? 0)")
            }
            eventually { queue.waiterCount(.takers) == before + 1 }
        }
        for body in 1...4 as ClosedRange<UInt8> {
            try queue.put(body, priority: body % 2)
            #expect(queue.count == 0)
            eventually { log.contents.count == Int(body) }
        }
        #expect(log.contents == ["high 1", "first 2", "second 3", "low 4"])
    }

    @Test("those who peek all see the message that the first other takes")
    func peekers() throws {
        let queue = MessageQueue(capacity: 4, messageSize: 1)
        let log = Log<String>()
        for name in ["peek a", "peek b", "get"] {
            let before = queue.waiterCount(.takers)
            RTOSTask.start(name: name) {
                var body: UInt8 = 0
                if name == "get" { _ = try? queue.get(into: &body) } else { _ = try? queue.peek(at: &body) }
                log.append("\(name) \(body)")
            }
            eventually { queue.waiterCount(.takers) == before + 1 }
        }
        try queue.put(UInt8(7))
        eventually { log.contents.count == 3 }
        #expect(Set(log.contents) == ["peek a 7", "peek b 7", "get 7"])
        #expect(queue.count == 0)
    }

    @Test("who waits for a message or for room is told of it, and may be too late")
    func notices() throws {
        let queue = MessageQueue(capacity: 1, messageSize: 1)
        let log = Log<String>()
        RTOSTask.start(name: "waits for a message") {
            var scratch: UInt8 = 0
            do {
                try queue.waitForMessage(scratch: &scratch)
                log.append("message")
            } catch {
                log.append("\(error)")
            }
        }
        eventually { queue.waiterCount(.takers) == 1 }
        try queue.put(UInt8(1))
        eventually { log.contents == ["message"] }
        #expect(queue.count == 1)

        RTOSTask.start(name: "waits for room") {
            do {
                try queue.waitForRoom()
                log.append("room")
            } catch {
                log.append("\(error)")
            }
        }
        eventually { queue.waiterCount(.givers) == 1 }
        #expect(try queue.get(UInt8.self) == 1)
        eventually { log.contents == ["message", "room"] }
        #expect(queue.count == 0)

        try queue.waitForRoom(timeout: .now)
        var scratch: UInt8 = 0
        #expect(throws: MessageQueue.Failure.wouldBlock) {
            try queue.waitForMessage(scratch: &scratch, timeout: .now)
        }
        #expect(throws: MessageQueue.Failure.timedOut) {
            try queue.waitForMessage(scratch: &scratch, timeout: .ticks(2))
        }
        try queue.put(UInt8(2))
        try queue.waitForMessage(scratch: &scratch)
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.waitForRoom(timeout: .now) }
        #expect(throws: MessageQueue.Failure.timedOut) { try queue.waitForRoom(timeout: .ticks(2)) }
    }

    @Test("a waiting putter's message goes in at its own priority as soon as there is room")
    func waitingPutters() throws {
        let queue = MessageQueue(capacity: 1, messageSize: 1)
        try queue.put(UInt8(1))
        for (body, priority) in [(2, 0), (3, 7)] as [(UInt8, UInt8)] {
            let before = queue.waiterCount(.givers)
            RTOSTask.start(name: "putter \(body)", priority: 10 + body) {
                try? queue.put(body, priority: priority)
            }
            eventually { queue.waiterCount(.givers) == before + 1 }
        }
        var body: UInt8 = 0
        #expect(try queue.get(into: &body) == 0)
        #expect(body == 1)
        #expect(queue.count == 1)
        #expect(try queue.get(into: &body) == 7)
        #expect(body == 3)
        #expect(try queue.get(UInt8.self) == 2)
        #expect(queue.count == 0)
    }

    @Test("time-outs end at their tick, and lose no message to nobody")
    func timeOuts() throws {
        let queue = MessageQueue(capacity: 1, messageSize: 1)
        #expect(throws: MessageQueue.Failure.timedOut) { try queue.get(UInt8.self, timeout: .ticks(3)) }
        try queue.put(UInt8(1), timeout: .now)
        #expect(queue.count == 1)
        #expect(throws: MessageQueue.Failure.timedOut) { try queue.put(UInt8(2), timeout: .ticks(3)) }
        #expect(throws: MessageQueue.Failure.timedOut) { try queue.put(UInt8(2), priority: 5, timeout: .ticks(3)) }
        #expect(try queue.get(UInt8.self, timeout: .now) == 1)
        #expect(throws: MessageQueue.Failure.wouldBlock) { try queue.get(UInt8.self, timeout: .now) }
    }

    @Test("a reset empties it, then admits whoever waits for room")
    func reset() throws {
        let queue = MessageQueue(capacity: 2, messageSize: 1)
        try queue.put(UInt8(1))
        try queue.put(UInt8(2), priority: 3)
        RTOSTask.start(name: "putter") { try? queue.put(UInt8(3)) }
        eventually { queue.waiterCount(.givers) == 1 }
        queue.reset()
        #expect(queue.count == 1)
        #expect(try queue.get(UInt8.self) == 3)
        #expect(queue.space == 2)
    }

    @Test("an interrupt may put and get, but not wait")
    func interrupt() throws {
        let queue = MessageQueue(capacity: 1, messageSize: 1)
        InterruptContext.set(true)
        defer { InterruptContext.set(false) }
        try queue.put(UInt8(1), timeout: .now)
        #expect(throws: MessageQueue.Failure.inInterrupt) { try queue.put(UInt8(1), timeout: .ticks(2)) }
        #expect(try queue.get(UInt8.self, timeout: .now) == 1)
        #expect(throws: MessageQueue.Failure.inInterrupt) { try queue.get(UInt8.self, timeout: .forever) }
        try queue.put(UInt8(2), timeout: .now)
        #expect(queue.count == 1)
    }

    @Test("ends all waits when it is deleted, now and from now on")
    func deletion() throws {
        let queue = MessageQueue(capacity: 1, messageSize: 1)
        let log = Log<MessageQueue.Failure>()
        for _ in 0..<2 {
            RTOSTask.start(name: "getter") {
                do throws(MessageQueue.Failure) { _ = try queue.get(UInt8.self) } catch { log.append(error) }
            }
        }
        eventually { queue.waiterCount(.takers) == 2 }
        #expect(queue.delete() == 2)
        eventually { log.contents.count == 2 }
        #expect(log.contents == [.deleted, .deleted])
        #expect(throws: MessageQueue.Failure.deleted) { try queue.put(UInt8(1), timeout: .now) }
        #expect(throws: MessageQueue.Failure.deleted) { try queue.get(UInt8.self, timeout: .now) }
    }

    @Test("behaves as a sorted array does, wrapped round at every offset", arguments: 0..<2000 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededSequence(seed: seed)
        let capacity = Int.random(in: 1...9, using: &random)
        let size = random.one(of: [4, 8, 20])
        let queue = MessageQueue(capacity: capacity, messageSize: size)
        var model: [(body: UInt32, priority: UInt8)] = []
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { memory.deallocate() }
        for step in 0..<300 as Range<UInt32> {
            switch Int.random(in: 0..<60, using: &random) {
            case 0:
                queue.reset()
                model.removeAll()
            case 1..<31:
                let priority: UInt8 = random.one(of: [0, 0, 0, 1, 200])
                let place = model.firstIndex { $0.priority < priority } ?? model.endIndex
                memory.storeBytes(of: step, as: UInt32.self)
                let isFull = model.count == capacity
                let done = (try? queue.put(from: memory.baseAddress!, priority: priority, timeout: .now)) != nil
                #expect(done == !isFull)
                if done { model.insert((step, priority), at: place) }
            default:
                let priority = try? queue.get(into: memory.baseAddress!, timeout: .now)
                #expect(priority == model.first?.priority)
                if priority != nil { #expect(memory.load(as: UInt32.self) == model.removeFirst().body) }
            }
            #expect((queue.count, queue.space) == (model.count, capacity - model.count))
        }
    }
}

@Suite("Message queue on a single core")
struct MessageQueueSingleCoreTests {
    @Test("on a single core, from a seed, nothing hangs or is lost", arguments: 0..<100 as Range<UInt64>)
    func singleCore(seed: UInt64) {
        let queue = MessageQueue(capacity: 1 + Int(seed % 3), messageSize: 8)
        let sum = Tally()
        onSingleCore(seed: seed, priority: 1) {
            for producer in 0..<3 {
                RTOSTask.start(name: "producer \(producer)", priority: UInt8(2 + producer)) {
                    for number in 1...20 { try? queue.put(number, priority: number % 4 == 0 ? 1 : 0) }
                }
            }
            for consumer in 0..<2 {
                RTOSTask.start(name: "consumer \(consumer)", priority: UInt8(3 + consumer * 2)) {
                    for _ in 0..<30 { if let number = try? queue.get(Int.self) { sum.add(number) } }
                }
            }
        }
        #expect(sum.value == 3 * 210)
        #expect(queue.count == 0)
    }
}
