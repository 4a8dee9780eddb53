import Testing

@testable import RTOS

@Suite("Block ledger")
struct BlockLedgerTests {
    /// Blocks of 12 bytes, so that a link would not fit with an alignment of its own.
    final class Fixture {
        let memory: UnsafeMutableRawPointer
        let ledger: BlockLedger

        init(capacity: Int) {
            memory = .allocate(byteCount: 12 * (capacity + 2), alignment: 8)
            ledger = BlockLedger(base: memory + 12, blockSize: 12, capacity: capacity)
        }

        deinit {
            memory.deallocate()
        }

        func take() -> UnsafeMutableRawPointer? { ledger.take() }
        func giveBack(_ block: UnsafeRawPointer) -> BlockReturn { ledger.giveBack(block) }
        func giveBackOwned(_ block: UnsafeMutableRawPointer) -> BlockReturn { ledger.giveBackOwned(block) }
        func isTaken(_ block: UnsafeRawPointer) -> Bool { ledger.isTaken(block) }
        func beginWaiting() -> Bool { ledger.beginWaiting() }
        func endWaiting() { ledger.endWaiting() }
        var space: Int { ledger.space }
        var count: Int { ledger.count }

        func block(_ index: Int) -> UnsafeMutableRawPointer { memory + 12 * (index + 1) }
    }

    @Test("hands out ascending blocks first, then the one that came back last")
    func order() {
        let fixture = Fixture(capacity: 4)
        #expect((0..<4).map { _ in fixture.take() } == (0..<4).map { fixture.block($0) })
        #expect(fixture.take() == nil)
        #expect(fixture.giveBack(fixture.block(2)) == .accepted)
        #expect(fixture.giveBack(fixture.block(0)) == .accepted)
        #expect(fixture.take() == fixture.block(0))
        #expect(fixture.take() == fixture.block(2))
    }

    @Test("refuses what is foreign, misaligned or free already, and changes nothing")
    func refusals() {
        let fixture = Fixture(capacity: 3)
        let block = fixture.take()!
        var other = 0
        #expect(withUnsafeBytes(of: &other) { fixture.giveBack($0.baseAddress!) } == .foreign)
        #expect(fixture.giveBack(fixture.block(-1)) == .foreign)
        #expect(fixture.giveBack(fixture.block(3)) == .foreign)
        #expect(fixture.giveBack(block + 4) == .misaligned)
        #expect(fixture.giveBack(fixture.block(1)) == .alreadyFree)
        #expect(fixture.count == 1)
        #expect(fixture.giveBack(block) == .accepted)
        #expect(fixture.giveBack(block) == .alreadyFree)
        #expect(fixture.giveBackOwned(block) == .alreadyFree)
        #expect(fixture.count == 0)
    }

    @Test("while somebody waits, a block that comes back is theirs")
    func waiting() {
        let fixture = Fixture(capacity: 1)
        #expect(!fixture.beginWaiting())
        let block = fixture.take()!
        #expect(fixture.beginWaiting())
        #expect(fixture.giveBack(block) == .wanted)
        #expect(fixture.isTaken(block))
        #expect(fixture.space == 0)
        #expect(fixture.take() == nil)
        fixture.endWaiting()
        #expect(fixture.giveBackOwned(block) == .accepted)
        #expect(fixture.space == 1)
    }

    @Test("behaves as a list of free blocks does", arguments: 0..<2000 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let capacity = Int.random(in: 1...9, using: &random)
        let fixture = Fixture(capacity: capacity)
        var free = Array((0..<capacity).map { fixture.block($0) }.reversed())
        for _ in 0..<200 {
            if Bool.random(using: &random) {
                #expect(fixture.take() == free.popLast())
            } else {
                let block = fixture.block(Int.random(in: 0..<capacity, using: &random))
                let isFree = free.contains(block)
                let result =
                    Bool.random(using: &random)
                    ? fixture.giveBack(block) : fixture.giveBackOwned(block)
                #expect(result == (isFree ? .alreadyFree : .accepted))
                if !isFree { free.append(block) }
            }
            #expect(fixture.space == free.count)
        }
    }

    @Test("of two threads that give the same block back, one succeeds")
    func raceToGiveBack() {
        let fixture = Fixture(capacity: 3)
        let ledger = UncheckedBox(fixture)
        let gate = SpinBarrier(count: 2)
        let accepted = Tally()
        let block = UncheckedBox(fixture.block(0))
        runThreads(2) { thread in
            for _ in 0..<20_000 {
                if thread == 0 { _ = ledger.value.ledger.take() }
                gate.wait()
                if ledger.value.ledger.giveBack(block.value) == .accepted { accepted.add(1) }
                gate.wait()
            }
        }
        #expect(accepted.value == 20_000)
        #expect(fixture.space == 3)
    }

    @Test("no block is ever held twice, by eight threads")
    func exclusive() {
        let fixture = Fixture(capacity: 5)
        let ledger = UncheckedBox(fixture)
        let clashes = Tally()
        runThreads(8) { thread in
            var random = SeededSequence(seed: UInt64(thread))
            for _ in 0..<stressCount(200_000) {
                guard let block = ledger.value.ledger.take() else { continue }
                let mark = block.assumingMemoryBound(to: UInt32.self)
                let value = UInt32(truncatingIfNeeded: random.next())
                mark.pointee = value
                if mark.pointee != value { clashes.add(1) }
                if ledger.value.ledger.giveBackOwned(block) != .accepted { clashes.add(1) }
            }
        }
        #expect(clashes.value == 0)
        #expect(fixture.space == 5)
    }
}
