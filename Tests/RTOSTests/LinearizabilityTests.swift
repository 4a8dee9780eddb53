import RTOS
import Testing

@Suite("Linearizability")
struct LinearizabilityTests {
    @Test("the checker itself tells right from wrong")
    func checker() {
        let put = Call(step: QueueModel.Step.put(1, priority: 0, isDone: true), began: 0, ended: 1)
        let urgent = Call(step: QueueModel.Step.put(2, priority: 5, isDone: true), began: 2, ended: 3)
        func get(_ body: UInt8?, began: Int) -> Call<QueueModel.Step> {
            Call(step: .get(body), began: began, ended: 5)
        }
        #expect(isLinearizable([put, urgent, get(2, began: 4)], from: QueueModel(capacity: 2)))
        #expect(!isLinearizable([put, urgent, get(1, began: 4)], from: QueueModel(capacity: 2)))
        #expect(isLinearizable([put, urgent, get(1, began: 1)], from: QueueModel(capacity: 2)))
        #expect(!isLinearizable([put, get(nil, began: 2)], from: QueueModel(capacity: 2)))
        #expect(isLinearizable([put, get(nil, began: 0)], from: QueueModel(capacity: 2)))
        #expect(!isLinearizable([put, urgent], from: QueueModel(capacity: 1)))
    }

    @Test("message queue: every recorded history of real threads has a sequential explanation", arguments: [1, 2, 3])
    func messageQueue(capacity: Int) {
        let failures = unexplainedHistories(
            threads: 4, steps: 4, rounds: stressCount(4000), seed: capacity, model: QueueModel(capacity: capacity),
            subject: { MessageQueue(capacity: capacity, messageSize: 1) },
            act: { queue, _, number, random -> QueueModel.Step in
                let timeout: Timeout = random.one(of: [.now, .now, .now, .now, .now, .now, .now, .now, .ticks(1)])
                guard Bool.random(using: &random) else { return .get(try? queue.get(UInt8.self, timeout: timeout)) }
                let body = UInt8(number)
                let priority: UInt8 = random.one(of: [0, 0, 5])
                let isDone = (try? queue.put(body, priority: priority, timeout: timeout)) != nil
                return .put(body, priority: priority, isDone: isDone)
            })
        #expect(failures.isEmpty)
    }

    @Test(
        "post queue: the same, first in first out and last in first out, whichever limit comes first",
        arguments: [1, 3])
    func postQueue(size: Int) {
        let failures = unexplainedHistories(
            threads: 4, steps: 4, rounds: stressCount(4000), seed: size, model: PostModel(size: size, nodes: 2),
            subject: { PostQueue(size: size, pool: MessagePool(count: 2)) },
            act: { queue, _, number, random -> PostModel.Step in
                if Bool.random(using: &random) { return .pend(try? queue.pend(.now).size) }
                let order: PostOrder = random.one(of: [.firstInFirstOut, .lastInFirstOut])
                let isDone = (try? queue.post(nil, size: number, order, timeStamp: 0)) != nil
                return .post(number, order, isDone: isDone)
            })
        #expect(failures.isEmpty)
    }

    @Test("memory pool: the same, where what is given back last is taken first", arguments: [1, 2, 4])
    func memoryPool(capacity: Int) throws {
        let failures = unexplainedHistories(
            threads: 4, steps: 4, rounds: stressCount(4000), seed: capacity, model: PoolModel(capacity: capacity),
            subject: { PoolSubject(capacity: capacity, threads: 4) },
            act: { subject, thread, _, random -> PoolModel.Step in
                if Bool.random(using: &random), let block = subject.held[thread].blocks.withLock({ $0.popLast() }) {
                    try? subject.pool.giveBack(subject.base + block * 8)
                    return .giveBack(block)
                }
                guard let address = try? subject.pool.takeAddress(.now) else { return .take(nil) }
                let block = (address - subject.base) / 8
                subject.held[thread].blocks.withLock { $0.append(block) }
                return .take(block)
            })
        #expect(failures.isEmpty)
    }

    @Test("message buffer: the same, for one writer and one reader", arguments: [8, 13, 40])
    func messageBuffer(capacity: Int) {
        let failures = unexplainedHistories(
            threads: 2, steps: 8, rounds: stressCount(4000), seed: capacity, model: BufferModel(capacity: capacity),
            subject: { MessageBuffer(capacity: capacity) },
            act: { buffer, thread, _, random -> BufferModel.Step in
                let timeout: Timeout = random.one(of: [.now, .now, .now, .now, .now, .now, .now, .ticks(1)])
                guard thread == 0 else { return .receive(buffer.receive(timeout: timeout)) }
                let message = random.bytes(Int.random(in: 1...4, using: &random))
                return .send(message, isDone: buffer.send(message, timeout: timeout) == message.count)
            })
        #expect(failures.isEmpty)
    }
}

/// The messages in the order in which they are to be taken.
private struct QueueModel: SequentialModel {
    enum Step: Sendable {
        case put(UInt8, priority: UInt8, isDone: Bool)
        case get(UInt8?)
    }

    struct Message: Hashable {
        var body: UInt8
        var priority: UInt8
    }

    let capacity: Int
    var messages: [Message] = []

    mutating func apply(_ step: Step) -> Bool {
        switch step {
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

private struct PostModel: SequentialModel {
    enum Step: Sendable {
        case post(Int, PostOrder, isDone: Bool)
        case pend(Int?)
    }

    let size: Int
    let nodes: Int
    var messages: [Int] = []

    mutating func apply(_ step: Step) -> Bool {
        switch step {
        case .post(let message, let order, let isDone):
            guard isDone == (messages.count < min(size, nodes)) else { return false }
            if isDone { messages.insert(message, at: order == .firstInFirstOut ? messages.count : 0) }
            return true
        case .pend(let message):
            guard message == messages.first else { return false }
            if message != nil { messages.removeFirst() }
            return true
        }
    }
}

private struct PoolModel: SequentialModel {
    enum Step: Sendable {
        case take(Int?)
        case giveBack(Int)
    }

    /// The block that is taken next is the last.
    var free: [Int]

    init(capacity: Int) {
        free = (0..<capacity).reversed()
    }

    mutating func apply(_ step: Step) -> Bool {
        switch step {
        case .take(let block):
            guard block == free.last else { return false }
            _ = free.popLast()
            return true
        case .giveBack(let block):
            guard !free.contains(block) else { return false }
            free.append(block)
            return true
        }
    }
}

/// A pool, and which blocks each thread holds.
private final class PoolSubject: @unchecked Sendable {
    let pool: MemoryPool
    let base: UnsafeMutableRawPointer
    let held: [Held]

    final class Held: Sendable {
        let blocks = Guarded<[Int]>([])
    }

    init(capacity: Int, threads: Int) {
        base = .allocate(byteCount: capacity * 8, alignment: 8)
        let memory = UnsafeMutableRawBufferPointer(start: base, count: capacity * 8)
        pool = try! MemoryPool(blockSize: 8, capacity: capacity, storage: .caller(memory))
        held = (0..<threads).map { _ in Held() }
    }

    deinit {
        for block in held.flatMap({ $0.blocks.withLock { $0 } }) { try? pool.giveBack(base + block * 8) }
        pool.delete()
        base.deallocate()
    }
}

/// 4 bytes for each length.
private struct BufferModel: SequentialModel {
    enum Step: Sendable {
        case send([UInt8], isDone: Bool)
        case receive([UInt8])
    }

    let capacity: Int
    var messages: [[UInt8]] = []

    mutating func apply(_ step: Step) -> Bool {
        switch step {
        case .send(let message, let isDone):
            let used = messages.reduce(0) { $0 + 4 + $1.count }
            guard isDone == (used + 4 + message.count <= capacity) else { return false }
            if isDone { messages.append(message) }
            return true
        case .receive(let message):
            guard message == messages.first ?? [] else { return false }
            if !message.isEmpty { messages.removeFirst() }
            return true
        }
    }
}
