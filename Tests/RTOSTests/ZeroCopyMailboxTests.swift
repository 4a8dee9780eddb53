import RTOS
import Testing

@Suite("Zero-copy mailbox")
struct ZeroCopyMailboxTests {
    @Test("as the exercise: a producer fills blocks, a consumer reads and frees them; only the address moves")
    func exercise() throws {
        let mailbox = try ZeroCopyMailbox(blockSize: 8, capacity: 16)
        let addresses = Log<UInt>()
        RTOSTask.start(name: "producer") {
            for round in 0..<100 {
                guard var block = try? mailbox.take() else { return }
                let testData: UInt8 = round % 2 == 0 ? 0xAA : 0x55
                for index in 0..<8 { block.memory[index] = testData }
                block.count = 8
                addresses.append(UInt(bitPattern: block.address))
                try? mailbox.send(block)
            }
        }
        for round in 0..<100 {
            let block = try mailbox.receive()
            #expect(block.count == 8)
            let first = block.bytes.unsafeLoad(as: UInt8.self)
            #expect(first == (round % 2 == 0 ? 0xAA : 0x55))
            #expect(UInt(bitPattern: block.address) == addresses.contents[round])
        }
        #expect((mailbox.space, mailbox.count) == (16, 0))
    }

    @Test("every block there is can be sent; then none can be taken")
    func room() throws {
        let mailbox = try ZeroCopyMailbox(blockSize: 8, capacity: 3)
        for number in 1...3 {
            var block = try mailbox.take(.now)
            block.count = number
            try mailbox.send(block, priority: number == 3 ? 1 : 0)
        }
        #expect((mailbox.space, mailbox.count) == (0, 3))
        #expect(throws: ZeroCopyMailbox.Failure.wouldBlock) { _ = try mailbox.take(.now).release() }
        #expect(throws: ZeroCopyMailbox.Failure.timedOut) { _ = try mailbox.take(.ticks(2)).release() }
        let counts = try (0..<3).map { _ in try mailbox.receive(.now).count }
        #expect(counts == [3, 1, 2])
        #expect(throws: ZeroCopyMailbox.Failure.wouldBlock) { _ = try mailbox.receive(.now).release() }
        #expect(mailbox.space == 3)
    }

    @Test("ends all waits when it is deleted; blocks that are out stay good")
    func deletion() throws {
        let mailbox = try ZeroCopyMailbox(blockSize: 8, capacity: 2)
        var block = try mailbox.take()
        try mailbox.send(try mailbox.take())
        #expect(mailbox.delete() == 0)
        block.memory[0] = 1
        #expect(throws: ZeroCopyMailbox.Failure.deleted) { _ = try mailbox.take(.now).release() }
        #expect(throws: ZeroCopyMailbox.Failure.deleted) { _ = try mailbox.receive(.now).release() }
        block.count = 1
        do throws(ZeroCopyMailbox.Failure) {
            try mailbox.send(block)
            Issue.record("it was sent")
        } catch {
            #expect(error == .deleted)
        }
    }
}
