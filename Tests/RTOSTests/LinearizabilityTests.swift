import RTOS
import Synchronization
import Testing

/// One call of a queue, as a thread saw it: the moments between which it took place, and what came of it.
private struct Call: Sendable {
    enum Kind: Hashable, Sendable {
        case put(UInt8, priority: UInt8, isDone: Bool)
        case get(UInt8?)
    }

    var kind: Kind
    var began: Int
    var ended: Int
}

/// What a queue is: its messages in the order in which they are to be taken.
private struct QueueModel: Hashable {
    struct Message: Hashable {
        var body: UInt8
        var priority: UInt8
    }

    let capacity: Int
    var messages: [Message] = []

    /// Makes the call; false if it could not have had this result.
    mutating func apply(_ kind: Call.Kind) -> Bool {
        switch kind {
        case .put(let body, let priority, let isDone):
            guard isDone == (messages.count < capacity) else { return false }
            if isDone {
                let place = messages.firstIndex { $0.priority < priority } ?? messages.endIndex
                messages.insert(Message(body: body, priority: priority), at: place)
            }
            return true
        case .get(let body):
            guard body == messages.first?.body else { return false }
            if body != nil { messages.removeFirst() }
            return true
        }
    }
}

/// Whether the calls can be put into one order that respects their times and in which each has its result (Wing and Gong's
/// search, with the states that have been tried).
private func isLinearizable(_ calls: [Call], capacity: Int) -> Bool {
    struct Place: Hashable {
        var done: UInt64
        var model: QueueModel
    }
    var tried: Set<Place> = []

    func search(_ place: Place) -> Bool {
        if place.done == (1 << UInt64(calls.count)) - 1 { return true }
        guard tried.insert(place).inserted else { return false }
        let open = calls.indices.filter { place.done & 1 << UInt64($0) == 0 }
        let earliestEnd = open.map { calls[$0].ended }.min()!
        for index in open where calls[index].began < earliestEnd {
            var next = place
            next.done |= 1 << UInt64(index)
            if next.model.apply(calls[index].kind), search(next) { return true }
        }
        return false
    }

    return search(Place(done: 0, model: QueueModel(capacity: capacity)))
}

@Suite("Linearizability of the message queue")
struct LinearizabilityTests {
    @Test("the checker itself tells right from wrong")
    func checker() {
        let put = Call(kind: .put(1, priority: 0, isDone: true), began: 0, ended: 1)
        let urgent = Call(kind: .put(2, priority: 5, isDone: true), began: 2, ended: 3)
        #expect(isLinearizable([put, urgent, Call(kind: .get(2), began: 4, ended: 5)], capacity: 2))
        #expect(!isLinearizable([put, urgent, Call(kind: .get(1), began: 4, ended: 5)], capacity: 2))
        #expect(isLinearizable([put, urgent, Call(kind: .get(1), began: 1, ended: 5)], capacity: 2))
        #expect(!isLinearizable([put, Call(kind: .get(nil), began: 2, ended: 5)], capacity: 2))
        #expect(isLinearizable([put, Call(kind: .get(nil), began: 0, ended: 5)], capacity: 2))
        #expect(!isLinearizable([put, urgent], capacity: 1))
    }

    @Test("every recorded history of real threads has a sequential explanation", arguments: [1, 2, 3])
    func histories(capacity: Int) {
        let threads = 4
        let rounds = stressCount(4000)
        let clock = Tally()
        let history = Mutex<[Call]>([])
        let queue = Mutex(MessageQueue(capacity: capacity, messageSize: 1))
        let gate = SpinBarrier(count: threads)
        let failures = Log<[Call]>()
        runThreads(threads) { thread in
            var random = SeededSequence(seed: UInt64(thread * 1000 + capacity))
            for round in 0..<rounds {
                gate.wait()
                let subject = queue.withLock { $0 }
                var calls: [Call] = []
                gate.wait()
                for step in 0..<4 {
                    let timeout: Timeout = round % 16 == 0 ? random.one(of: [.now, .ticks(1)]) : .now
                    let body = UInt8(thread * 4 + step)
                    let priority: UInt8 = random.one(of: [0, 0, 5])
                    let isPut = Bool.random(using: &random)
                    let began = clock.next()
                    let kind: Call.Kind
                    if isPut {
                        let isDone =
                            (try? subject.put(body, priority: priority, timeout: timeout)) != nil
                        kind = .put(body, priority: priority, isDone: isDone)
                    } else {
                        kind = .get(try? subject.get(UInt8.self, timeout: timeout))
                    }
                    let ended = clock.next()
                    calls.append(Call(kind: kind, began: began, ended: ended))
                }
                history.withLock { $0 += calls }
                gate.wait()
                if thread == 0 {
                    let all = history.withLock { history in
                        defer { history = [] }
                        return history
                    }
                    if !isLinearizable(all, capacity: capacity) { failures.append(all) }
                    queue.withLock { $0 = MessageQueue(capacity: capacity, messageSize: 1) }
                }
            }
        }
        #expect(failures.contents.isEmpty)
    }
}

@Suite("Message queue under load")
struct MessageQueueStressTests {
    /// Each message names its producer and its number, and each producer uses two priorities: within one of them order
    /// is promised from end to end, for every consumer sees its share in order.
    @Test(
        "8 producers and 8 consumers lose, repeat and reorder nothing",
        arguments: [(1, 20_000), (7, 60_000), (1024, 400_000)])
    func eightToEight(capacity: Int, messages: Int) {
        let queue = MessageQueue(capacity: capacity, messageSize: 8)
        let perThread = stressCount(messages)
        let wrong = Tally()
        let sum = Tally()
        runThreads(16) { thread in
            if thread < 8 {
                for number in 1...perThread {
                    let isUrgent = number % 64 == 0
                    let message = UInt64(thread) << 56 | UInt64(number)
                    let timeout: Timeout = number % 3 == 0 ? .ticks(1) : .forever
                    while (try? queue.put(message, priority: isUrgent ? 9 : 0, timeout: timeout)) == nil {}
                }
            } else {
                var last = [UInt64](repeating: 0, count: 16)
                var taken = 0
                while taken < perThread {
                    let timeout: Timeout = taken % 5 == 0 ? .ticks(1) : .forever
                    guard let message = try? queue.get(UInt64.self, timeout: timeout) else { continue }
                    let number = message & 0xFFFF_FFFF
                    let lane = Int(message >> 56) * 2 + (number % 64 == 0 ? 1 : 0)
                    if number <= last[lane] { wrong.add(1) }
                    last[lane] = number
                    sum.add(Int(number))
                    taken += 1
                }
            }
        }
        #expect(wrong.value == 0)
        #expect(sum.value == 8 * perThread * (perThread + 1) / 2)
        #expect((queue.count, queue.waiterCount(.takers), queue.waiterCount(.givers)) == (0, 0, 0))
    }

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
