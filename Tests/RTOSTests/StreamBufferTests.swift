import RTOS
import Testing

extension StreamBuffer {
    @discardableResult
    func send(_ bytes: [UInt8], timeout: Timeout = .now) -> Int {
        bytes.withUnsafeBytes { send($0, timeout: timeout) }
    }

    func receive(_ count: Int = 2000, timeout: Timeout = .now) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: max(count, 1), alignment: 1) { buffer in
            let buffer = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            return Array(buffer[..<receive(into: buffer, timeout: timeout)])
        }
    }
}

extension MessageBuffer {
    @discardableResult
    func send(_ message: [UInt8], timeout: Timeout = .now) -> Int {
        message.withUnsafeBytes { send($0, timeout: timeout) }
    }

    func receive(_ room: Int = 2000, timeout: Timeout = .now) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: max(room, 1), alignment: 1) { buffer in
            let buffer = UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
            return Array(buffer[..<receive(into: buffer, timeout: timeout)])
        }
    }
}

@Suite("Stream buffer")
struct StreamBufferTests {
    @Test("bytes come out as they went in, in whatever portions")
    func stream() {
        let buffer = StreamBuffer(name: "console", capacity: 10)
        #expect(buffer.send([1, 2, 3, 4, 5]) == 5)
        #expect(buffer.receive(2) == [1, 2])
        #expect((buffer.count, buffer.space, buffer.capacity) == (3, 7, 10))
        #expect(buffer.send([6, 7, 8, 9, 10, 11, 12, 13]) == 7)
        #expect(buffer.isFull)
        #expect(buffer.receive() == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        #expect(buffer.isEmpty)
        #expect(buffer.receive() == [])
    }

    @Test("a trigger level of 0 becomes 1, and one above the capacity is refused")
    func triggerLevel() {
        let buffer = StreamBuffer(capacity: 10, triggerLevel: 0)
        #expect(buffer.triggerLevel == 1)
        #expect(!buffer.setTriggerLevel(11))
        #expect(buffer.setTriggerLevel(10))
        #expect(buffer.triggerLevel == 10)
        #expect(buffer.setTriggerLevel(0))
        #expect(buffer.triggerLevel == 1)
    }

    @Test("a reader that waits wakes at the trigger level; one that finds something takes it at once")
    func trigger() {
        let buffer = StreamBuffer(capacity: 20, triggerLevel: 5)
        buffer.send([1])
        #expect(buffer.receive(timeout: .forever) == [1])
        let log = Log<[UInt8]>()
        RTOSTask.start(name: "reader") { log.append(buffer.receive(timeout: .forever)) }
        eventually { buffer.waiterCount(.takers) == 1 }
        buffer.send([1, 2, 3, 4])
        #expect(buffer.waiterCount(.takers) == 1)
        buffer.send([5])
        eventually { log.contents == [[1, 2, 3, 4, 5]] }
    }

    @Test("a reader whose time is over gets what there is")
    func timeOut() {
        let buffer = StreamBuffer(capacity: 20, triggerLevel: 5)
        let log = Log<[UInt8]>()
        RTOSTask.start(name: "reader") { log.append(buffer.receive(timeout: .milliseconds(300))) }
        eventually { buffer.waiterCount(.takers) == 1 }
        buffer.send([1, 2])
        eventually { log.contents == [[1, 2]] }
        #expect(buffer.receive(timeout: .ticks(2)) == [])
    }

    @Test("a batching buffer needs more than the trigger level to be read")
    func batching() {
        let buffer = StreamBuffer(capacity: 20, triggerLevel: 3, isBatching: true)
        buffer.send([1, 2, 3])
        #expect(buffer.receive() == [])
        #expect(buffer.receive(timeout: .ticks(2)) == [])
        let log = Log<[UInt8]>()
        RTOSTask.start(name: "reader") { log.append(buffer.receive(timeout: .forever)) }
        eventually { buffer.waiterCount(.takers) == 1 }
        buffer.send([4])
        eventually { log.contents == [[1, 2, 3, 4]] }
    }

    @Test("a writer waits for room for all, or for as much as fits at all, and then writes what fits")
    func writerWaits() {
        let buffer = StreamBuffer(capacity: 4)
        buffer.send([1, 2, 3])
        let log = Log<Int>()
        RTOSTask.start(name: "writer") { log.append(buffer.send([4, 5, 6], timeout: .forever)) }
        eventually { buffer.waiterCount(.givers) == 1 }
        #expect(buffer.receive(1) == [1])
        #expect(buffer.waiterCount(.givers) == 1)
        #expect(buffer.receive(1) == [2])
        eventually { log.contents == [3] }
        #expect(buffer.receive() == [3, 4, 5, 6])
        #expect(buffer.send([1, 2, 3, 4, 5, 6], timeout: .forever) == 4)
        #expect(buffer.send([5], timeout: .ticks(2)) == 0)
        _ = buffer.receive(2)
        #expect(buffer.send([5, 6, 7], timeout: .ticks(2)) == 2)
    }

    @Test("is not reset while a task waits; keeps its trigger level")
    func reset() {
        let buffer = StreamBuffer(capacity: 4, triggerLevel: 2)
        buffer.send([1, 2, 3])
        #expect(buffer.reset())
        #expect((buffer.count, buffer.space, buffer.triggerLevel) == (0, 4, 2))
        RTOSTask.start(name: "reader") { _ = buffer.receive(timeout: .forever) }
        eventually { buffer.waiterCount(.takers) == 1 }
        #expect(!buffer.reset())
        #expect(buffer.delete() == 1)
        eventually { buffer.waiterCount(.takers) == 0 }
    }

    @Test("callbacks take the place of waking; the send callback only when the trigger is met")
    func callbacks() {
        let log = Log<String>()
        let buffer = StreamBuffer(
            capacity: 8, triggerLevel: 3,
            onSend: { buffer, inInterrupt in log.append("sent \(buffer.count) \(inInterrupt)") },
            onReceive: { buffer, inInterrupt in log.append("received \(buffer.count) \(inInterrupt)") })
        buffer.send([1, 2])
        buffer.send([3])
        #expect(log.contents == ["sent 3 false"])
        _ = buffer.receive(2)
        #expect(log.contents == ["sent 3 false", "received 1 false"])
        _ = buffer.receive()
        let done = Log<[UInt8]>()
        RTOSTask.start(name: "reader") { done.append(buffer.receive(timeout: .forever)) }
        eventually { buffer.waiterCount(.takers) == 1 }
        buffer.send([7, 8, 9])
        #expect(buffer.waiterCount(.takers) == 1)
        #expect(buffer.sendCompleted())
        eventually { done.contents == [[7, 8, 9]] }
        #expect(!buffer.sendCompleted())
        #expect(!buffer.receiveCompleted())
    }

    @Test("from an interrupt: never waits, and says whether it woke somebody")
    func interrupt() {
        let buffer = StreamBuffer(capacity: 4, triggerLevel: 2)
        let log = Log<[UInt8]>()
        RTOSTask.start(name: "reader") { log.append(buffer.receive(timeout: .forever)) }
        eventually { buffer.waiterCount(.takers) == 1 }
        InterruptContext.set(true)
        defer { InterruptContext.set(false) }
        var hasWoken = false
        let byte: [UInt8] = [1]
        #expect(byte.withUnsafeBytes { buffer.sendFromInterrupt($0, hasWoken: &hasWoken) } == 1)
        #expect(!hasWoken)
        #expect(byte.withUnsafeBytes { buffer.sendFromInterrupt($0, hasWoken: &hasWoken) } == 1)
        #expect(hasWoken)
        eventually { log.contents == [[1, 1]] }
        #expect(buffer.send([1, 2, 3, 4, 5], timeout: .forever) == 4)
        #expect(buffer.receive(timeout: .forever) == [1, 2, 3, 4])
        #expect(buffer.receive(timeout: .forever) == [])
    }

    @Test("a second writer stops the program where roles are enforced")
    func secondWriter() async {
        await #expect(processExitsWith: .failure) {
            let buffer = StreamBuffer(capacity: 1, enforcesRoles: true)
            buffer.send([1])
            for _ in 0..<2 { RTOSTask.start(name: "writer") { buffer.send([2], timeout: .forever) } }
            RTOSTask.delay(.milliseconds(20_000))
        }
    }

    @Test("a writer and a reader that wait for each other lose and change nothing", arguments: [1, 7, 64, 1000])
    func threads(capacity: Int) {
        let buffer = StreamBuffer(capacity: capacity, triggerLevel: max(capacity / 2, 1))
        let total = stressCount(200_000)
        let wrong = Tally()
        runThreads(2) { thread in
            var random = SeededSequence(seed: UInt64(thread))
            var done = 0
            while done < total {
                let length = Int.random(in: 1...min(100, total - done), using: &random)
                if thread == 0 {
                    let bytes = (done..<done + length).map { UInt8(truncatingIfNeeded: $0) }
                    done += buffer.send(bytes, timeout: .milliseconds(20))
                } else {
                    for byte in buffer.receive(length, timeout: .milliseconds(20)) {
                        if byte != UInt8(truncatingIfNeeded: done) { wrong.add(1) }
                        done += 1
                    }
                }
            }
        }
        #expect(wrong.value == 0)
        #expect(buffer.isEmpty)
    }
}

@Suite("Message buffer")
struct MessageBufferTests {
    @Test("messages of 10, 20 and 123 bytes go through the same buffer; 10 bytes take 14")
    func seed() {
        let buffer = MessageBuffer(capacity: 200)
        for length in [10, 20, 123] as [UInt8] {
            let before = buffer.space
            #expect(buffer.send([UInt8](repeating: length, count: Int(length))) == Int(length))
            #expect(before - buffer.space == Int(length) + 4)
        }
        for length in [10, 20, 123] as [UInt8] {
            #expect(buffer.nextLength == Int(length))
            #expect(buffer.receive() == [UInt8](repeating: length, count: Int(length)))
        }
        #expect(buffer.nextLength == nil)
    }

    @Test("the length's width is configurable", arguments: [1, 2, 4, 8])
    func width(width: Int) {
        let buffer = MessageBuffer(capacity: 20, lengthWidth: width)
        #expect(buffer.send([1, 2, 3]) == 3)
        #expect(buffer.count == 3 + width)
        #expect(buffer.receive() == [1, 2, 3])
    }

    @Test("all or nothing; above the capacity 0 at once, and so for an empty message")
    func refusals() {
        let buffer = MessageBuffer(capacity: 20)
        #expect(buffer.send([UInt8](repeating: 0, count: 17), timeout: .forever) == 0)
        #expect(buffer.send([], timeout: .forever) == 0)
        #expect(buffer.isEmpty)
        #expect(buffer.send([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == 10)
        #expect(buffer.send([1, 2, 3]) == 0)
        #expect(buffer.send([1, 2, 3], timeout: .ticks(2)) == 0)
        #expect(!buffer.isFull)
        #expect(buffer.send([1, 2]) == 2)
        #expect(buffer.isFull)
    }

    @Test("a message longer than the reader's buffer stays, and the writer is not woken")
    func tooLong() {
        let buffer = MessageBuffer(capacity: 10)
        buffer.send([1, 2, 3, 4, 5])
        RTOSTask.start(name: "writer") { buffer.send([6], timeout: .milliseconds(20_000)) }
        eventually { buffer.waiterCount(.givers) == 1 || buffer.count == 14 }
        #expect(buffer.receive(4, timeout: .forever) == [])
        #expect(buffer.nextLength == 5)
        #expect(buffer.receive(5) == [1, 2, 3, 4, 5])
        #expect(buffer.receive(timeout: .forever) == [6])
    }

    @Test("a reader waits for a message, a writer for room")
    func waits() {
        let buffer = MessageBuffer(capacity: 12)
        let log = Log<[UInt8]>()
        RTOSTask.start(name: "reader") {
            for _ in 0..<3 { log.append(buffer.receive(timeout: .forever)) }
        }
        eventually { buffer.waiterCount(.takers) == 1 }
        for number in 1...3 as ClosedRange<UInt8> {
            #expect(buffer.send([number, number, number, number, number], timeout: .forever) == 5)
        }
        eventually { log.contents.count == 3 }
        #expect(log.contents.map(\.first) == [1, 2, 3])
    }

    @Test("a message of any length passes between threads that wait for each other", arguments: [32, 200, 2000])
    func threads(capacity: Int) {
        let buffer = MessageBuffer(capacity: capacity)
        let total = stressCount(20_000)
        let wrong = Tally()
        runThreads(2) { thread in
            var random = SeededSequence(seed: 3)
            for number in 0..<total {
                let length = Int.random(in: 1...min(capacity - 4, 150), using: &random)
                let message = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
                if thread == 0 {
                    if buffer.send(message, timeout: .forever) != length { wrong.add(1) }
                } else if buffer.receive(timeout: .forever) != message {
                    wrong.add(1)
                }
            }
        }
        #expect(wrong.value == 0)
    }

    @Test("on a single core, from a seed, nothing hangs", arguments: 0..<50 as Range<UInt64>)
    func singleCore(seed: UInt64) {
        let buffer = MessageBuffer(capacity: 30)
        let received = Tally()
        onSingleCore(seed: seed, priority: 5) {
            RTOSTask.start(name: "reader", priority: UInt8(4 + seed % 3)) {
                for number in 1...40 {
                    let message = buffer.receive(timeout: .forever)
                    if message.count == 1 + number % 20 { received.add(1) }
                }
            }
            for number in 1...40 { buffer.send([UInt8](repeating: 1, count: 1 + number % 20), timeout: .forever) }
        }
        #expect(received.value == 40)
    }
}
