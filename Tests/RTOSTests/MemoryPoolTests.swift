import Glibc
import RTOS
import Testing

@Suite("Memory pool")
struct MemoryPoolTests {
    @Test("lends blocks to whoever owns the value, and has them back when it is gone")
    func ownership() throws {
        let pool = try MemoryPool(name: "packets", blockSize: 30, capacity: 2)
        #expect((pool.name, pool.capacity, pool.blockSize) == ("packets", 2, 32))
        do {
            var block = try pool.take()
            block.memory[0] = 0x55
            block.count = 1
            let first = block.bytes.unsafeLoad(as: UInt8.self)
            #expect(first == 0x55)
            #expect((pool.count, pool.space) == (1, 1))
            let other = try pool.take(.now)
            #expect(throws: MemoryPool.Failure.wouldBlock) { _ = try pool.take(.now).release() }
            other.giveBack()
            #expect(pool.space == 1)
        }
        #expect(pool.space == 2)
    }

    @Test("a block's address is below 4 GiB, so that firmware may keep it in 32 bits")
    func lowAddresses() throws {
        let pool = try MemoryPool(blockSize: 64, capacity: 100)
        let block = try pool.take()
        #expect(UInt(bitPattern: block.address) < 1 << 32)
    }

    @Test("refuses foreign, misaligned and doubly freed addresses")
    func refusals() throws {
        let pool = try MemoryPool(blockSize: 16, capacity: 4)
        let block = try pool.takeAddress(.now)
        let other = try MemoryPool(blockSize: 16, capacity: 4)
        #expect(throws: MemoryPool.Failure.misaligned) { try pool.giveBack(block + 8) }
        #expect(throws: MemoryPool.Failure.foreign) { try other.giveBack(block) }
        try pool.giveBack(block)
        #expect(throws: MemoryPool.Failure.alreadyFree) { try pool.giveBack(block) }
        if pool.adopt(block) != nil { Issue.record("a free block was adopted") }
        #expect(pool.space == 4)
    }

    @Test("an address can be owned again")
    func adoption() throws {
        let pool = try MemoryPool(blockSize: 16, capacity: 1)
        let address = try pool.take().release()
        #expect(pool.count == 1)
        guard let block = pool.adopt(address) else {
            Issue.record("it was not adopted")
            return
        }
        #expect(pool.count == 1)
        block.giveBack()
        #expect(pool.count == 0)
    }

    @Test("uses the caller's memory, all of it and nothing else of it")
    func callersMemory() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * 12, alignment: 8)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xA5)
        do {
            let pool = try MemoryPool(blockSize: 12, capacity: 4, storage: .caller(memory))
            let blocks = try (0..<4).map { _ in try pool.takeAddress(.now) }
            #expect(blocks == (0..<4).map { memory.baseAddress! + 12 * $0 })
            for block in blocks.reversed() { try pool.giveBack(block) }
            #expect(memory.allSatisfy { $0 == 0xA5 })
        }
        #expect(throws: MemoryPool.CreationFailure.unsuitableMemory) {
            try MemoryPool(blockSize: 12, capacity: 5, storage: .caller(memory))
        }
        let odd = UnsafeMutableRawBufferPointer(rebasing: memory[2...])
        #expect(throws: MemoryPool.CreationFailure.unsuitableMemory) {
            try MemoryPool(blockSize: 12, capacity: 1, storage: .caller(odd))
        }
        #expect(throws: MemoryPool.CreationFailure.badSize) { try MemoryPool(blockSize: 0, capacity: 1) }
        #expect(throws: MemoryPool.CreationFailure.badSize) { try MemoryPool(blockSize: 1, capacity: 0) }
        #expect(throws: MemoryPool.CreationFailure.badSize) { try MemoryPool(blockSize: .max, capacity: 3) }
    }

    @Test("Mapped pages become the pool's, which unmaps them with its last block")
    func mappedMemory() throws {
        let size = 2 * Int(getpagesize())
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        var isResident = [UInt8](repeating: 0, count: 2)
        do {
            let memory = UnsafeMutableRawBufferPointer(start: pages, count: size)
            var pool: MemoryPool? = try MemoryPool(blockSize: 100, capacity: 20, storage: .mapped(memory))
            let block = try pool!.take(.now)
            pool = nil
            block.memory[99] = 1
            #expect(mincore(pages, size, &isResident) == 0)
            block.giveBack()
        }
        #expect(mincore(pages, size, &isResident) == -1)
        #expect(errno == ENOMEM)
    }

    @Test("locked memory is page-aligned")
    func locked() throws {
        let pool = try MemoryPool(blockSize: 256, capacity: 4, storage: .locked)
        let block = try pool.take()
        #expect(UInt(bitPattern: block.address) % 4096 == 0)
    }

    @Test("a block that comes back goes to the waiter of highest priority, and the count does not move")
    func handOver() throws {
        let pool = try MemoryPool(blockSize: 8, capacity: 1)
        let block = try pool.takeAddress(.now)
        let log = Log<String>()
        for (name, priority) in [("low", 1), ("high", 9), ("first", 5), ("second", 5)] as [(String, UInt8)] {
            let before = pool.waiterCount
            RTOSTask.start(name: name, priority: priority) {
                guard let address = try? pool.takeAddress() else { return }
                log.append(name)
                try? pool.giveBack(address)
            }
            eventually { pool.waiterCount == before + 1 }
        }
        try pool.giveBack(block)
        eventually { log.contents.count == 4 && pool.space == 1 }
        #expect(log.contents == ["high", "first", "second", "low"])
    }

    @Test("ends a wait at its tick, and loses no block to nobody")
    func timeOut() throws {
        let pool = try MemoryPool(blockSize: 8, capacity: 1)
        let block = try pool.takeAddress(.now)
        #expect(throws: MemoryPool.Failure.timedOut) { try pool.takeAddress(.ticks(3)) }
        try pool.giveBack(block)
        #expect(pool.space == 1)
        #expect(try pool.takeAddress(.now) == block)
    }

    @Test("an interrupt takes and gives back, and cannot wait")
    func interrupt() throws {
        let pool = try MemoryPool(blockSize: 8, capacity: 1)
        InterruptContext.set(true)
        defer { InterruptContext.set(false) }
        let block = try pool.takeAddress(.now)
        #expect(throws: MemoryPool.Failure.inInterrupt) { try pool.takeAddress(.ticks(3)) }
        try pool.giveBack(block)
        #expect(pool.space == 1)
    }

    @Test("ends all waits when it is deleted; blocks that are out stay good")
    func deletion() throws {
        let pool = try MemoryPool(blockSize: 8, capacity: 2)
        var block = try pool.take()
        let second = try pool.take()
        let log = Log<MemoryPool.Failure>()
        let task = RTOSTask.start(name: "waiter") {
            do throws(MemoryPool.Failure) { _ = try pool.takeAddress() } catch { log.append(error) }
        }
        eventually { pool.waiterCount == 1 }
        #expect(pool.delete() == 1)
        #expect(task.join(.milliseconds(20_000)))
        #expect(log.contents == [.deleted])
        second.giveBack()
        block.memory[0] = 1
        #expect(throws: MemoryPool.Failure.deleted) { _ = try pool.take(.now).release() }
        if pool.takeIfFree() != nil { Issue.record("a deleted pool had a block") }
        block.count = 1
    }

    @Test("a block outlives its pool")
    func outlives() throws {
        var pool: MemoryPool? = try MemoryPool(blockSize: 4096, capacity: 2)
        var block = try pool!.take()
        pool = nil
        block.memory[4095] = 7
        block.count = 4096
        #expect(block.memory[4095] == 7)
    }

    @Test("blocks pass between eight threads that take with no wait, a time-out and for ever")
    func threads() throws {
        let pool = try MemoryPool(blockSize: 8, capacity: 3)
        let clashes = Tally()
        let taken = Tally()
        runThreads(8) { thread in
            var random = SeededSequence(seed: UInt64(thread))
            for _ in 0..<stressCount(20_000) {
                let timeout: Timeout = random.one(of: [.now, .ticks(1), .forever])
                guard let block = try? pool.take(timeout) else { continue }
                taken.add(1)
                let mark = block.address.assumingMemoryBound(to: UInt64.self)
                let value = random.next()
                mark.pointee = value
                if value % 16 == 0 { yieldThread() }
                if mark.pointee != value { clashes.add(1) }
            }
        }
        #expect(clashes.value == 0)
        #expect(taken.value > 0)
        #expect((pool.space, pool.waiterCount) == (3, 0))
    }

    @Test("on a single core, from a seed, the same holds", arguments: 0..<100 as Range<UInt64>)
    func singleCore(seed: UInt64) throws {
        let pool = try MemoryPool(blockSize: 8, capacity: 2)
        let done = Tally()
        onSingleCore(seed: seed) {
            for number in 0..<4 {
                RTOSTask.start(name: "task \(number)", priority: UInt8(1 + number % 2)) {
                    for round in 0..<20 {
                        guard let block = try? pool.take(round % 3 == 0 ? .ticks(2) : .forever) else { continue }
                        block.memory[0] = UInt8(number)
                        RTOSTask.delay(.ticks(UInt32(round % 2)))
                        if block.memory[0] == UInt8(number) { done.add(1) } else { done.add(1000) }
                    }
                }
            }
        }
        #expect(pool.space == 2)
        #expect(done.value > 0 && done.value <= 80)
    }
}
