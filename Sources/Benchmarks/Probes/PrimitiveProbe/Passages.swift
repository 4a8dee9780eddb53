import RTOS
import Synchronization

let names = [
    "pool", "message-queue", "urgent-queue", "post-queue", "stream-buffer", "message-buffer", "mailbox",
    "planted-retain", "planted-allocation",
]

func makePassage(_ name: String) -> (any Passage)? {
    switch name {
    case "pool": PoolPassage()
    case "message-queue": QueuePassage(priority: 0)
    case "urgent-queue": QueuePassage(priority: 7)
    case "post-queue": PostPassage()
    case "stream-buffer": StreamPassage()
    case "message-buffer": MessagePassage()
    case "mailbox": MailboxPassage()
    case "planted-retain": RetainPassage()
    case "planted-allocation": AllocationPassage()
    default: nil
    }
}

/// Never reached; but a wait that may end works out when.
private let limit = Timeout.milliseconds(600_000)

/// Nobody ends a wait here.
private func must<Result: ~Copyable, Failure: Error>(_ body: () throws(Failure) -> Result) -> Result {
    do { return try body() } catch { fatalError("a call failed: \(error)") }
}

/// Two blocks, taken by one side and given back by the other; an atomic word stands for what brings them across.
private struct PoolPassage: Passage {
    let pool = must { () throws(MemoryPool.CreationFailure) in try MemoryPool(blockSize: 64, capacity: 2) }
    let address = Cell()

    func send(_ number: Int) {
        let block = must { () throws(MemoryPool.Failure) in try pool.take(limit) }
        block.address.storeBytes(of: number, as: Int.self)
        let address = UInt(bitPattern: block.release())
        while !self.address.word.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing)
            .exchanged
        {
            RTOSTask.yield()
        }
    }

    func receive() -> Int {
        while true {
            let address = address.word.exchange(0, ordering: .acquiringAndReleasing)
            guard let block = UnsafeMutableRawPointer(bitPattern: address) else {
                RTOSTask.yield()
                continue
            }
            let number = block.load(as: Int.self)
            must { () throws(MemoryPool.Failure) in try pool.giveBack(block) }
            return number
        }
    }

    final class Cell: Sendable {
        let word = Atomic<UInt>(0)
    }
}

private struct QueuePassage: Passage {
    let queue = MessageQueue(capacity: 1, messageSize: MemoryLayout<Int>.size)
    let priority: UInt8

    func send(_ number: Int) {
        must { () throws(MessageQueue.Failure) in try queue.put(number, priority: priority, timeout: limit) }
    }

    func receive() -> Int {
        must { () throws(MessageQueue.Failure) in try queue.get(timeout: limit) }
    }
}

private struct PostPassage: Passage {
    let queue = PostQueue(size: 2, pool: MessagePool(count: 2))

    func send(_ number: Int) {
        while true {
            do {
                return try queue.post(nil, size: number)
            } catch {
                // Its posts do not wait.
                RTOSTask.yield()
            }
        }
    }

    func receive() -> Int {
        must { () throws(PostQueue.Failure) in try queue.pend(limit) }.size
    }
}

private struct StreamPassage: Passage {
    let buffer = StreamBuffer(capacity: MemoryLayout<Int>.size, triggerLevel: MemoryLayout<Int>.size)

    func send(_ number: Int) {
        withUnsafeBytes(of: number) { _ = buffer.send($0, timeout: limit) }
    }

    func receive() -> Int {
        var number = 0
        let count = withUnsafeMutableBytes(of: &number) { buffer.receive(into: $0, timeout: limit) }
        return count == MemoryLayout<Int>.size ? number : -1
    }
}

private struct MessagePassage: Passage {
    let buffer = MessageBuffer(capacity: 128)

    func send(_ number: Int) {
        withUnsafeTemporaryAllocation(byteCount: 100, alignment: 8) { message in
            message.storeBytes(of: number, as: Int.self)
            _ = buffer.send(UnsafeRawBufferPointer(message), timeout: limit)
        }
    }

    func receive() -> Int {
        withUnsafeTemporaryAllocation(byteCount: 100, alignment: 8) { message in
            buffer.receive(into: message, timeout: limit) == message.count ? message.load(as: Int.self) : -1
        }
    }
}

private struct MailboxPassage: Passage {
    let mailbox = must { () throws(MemoryPool.CreationFailure) in try ZeroCopyMailbox(blockSize: 64, capacity: 2) }

    func send(_ number: Int) {
        must { () throws(ZeroCopyMailbox.Failure) in
            var block = try mailbox.take(limit)
            block.address.storeBytes(of: number, as: Int.self)
            block.count = MemoryLayout<Int>.size
            try mailbox.send(block)
        }
    }

    func receive() -> Int {
        must { () throws(ZeroCopyMailbox.Failure) in
            let block = try mailbox.receive(limit)
            return block.address.load(as: Int.self)
        }
    }
}

/// What the proof is to find: a reference to an object in each message.
private struct RetainPassage: Passage {
    let queue = MessageQueue(capacity: 1, messageSize: MemoryLayout<UnsafeRawPointer>.size)
    let subject = Subject()

    func send(_ number: Int) {
        subject.number.store(number, ordering: .relaxed)
        must { () throws(MessageQueue.Failure) in
            try queue.put(UInt(bitPattern: Unmanaged.passRetained(subject).toOpaque()))
        }
    }

    func receive() -> Int {
        let address = must { () throws(MessageQueue.Failure) in try queue.get(UInt.self) }
        let subject = Unmanaged<Subject>.fromOpaque(UnsafeRawPointer(bitPattern: address)!).takeRetainedValue()
        return subject.number.load(ordering: .relaxed)
    }

    final class Subject: Sendable {
        let number = Atomic<Int>(0)
    }
}

/// The same with memory for each message.
private struct AllocationPassage: Passage {
    let queue = MessageQueue(capacity: 1, messageSize: MemoryLayout<UInt>.size)

    func send(_ number: Int) {
        let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        memory.initialize(to: number)
        must { () throws(MessageQueue.Failure) in try queue.put(UInt(bitPattern: memory)) }
    }

    func receive() -> Int {
        let address = must { () throws(MessageQueue.Failure) in try queue.get(UInt.self) }
        let memory = UnsafeMutablePointer<Int>(bitPattern: address)!
        defer { memory.deallocate() }
        return memory.pointee
    }
}
