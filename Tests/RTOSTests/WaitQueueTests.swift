import RTOS
import Testing
import VirtualHardware

@Suite("Wait queue")
struct WaitQueueTests {
    @Test("lets the highest priority through first, then the first come")
    func order() {
        var queue = WaitQueue<Character>()
        queue.insert("a", priority: 1)
        queue.insert("b", priority: 3)
        queue.insert("c", priority: 1)
        queue.insert("d", priority: 3)
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst(), queue.popFirst()] == ["b", "d", "a", "c"])
        #expect(queue.popFirst() == nil)
    }

    @Test("One that waits already keeps its place and its priority")
    func twice() {
        var queue = WaitQueue<Character>(expecting: 2)
        queue.insert("a", priority: 1)
        queue.insert("b", priority: 1)
        queue.insert("b", priority: 9)
        queue.insert("a", priority: 0)
        #expect(queue.count == 2)
        #expect([queue.popFirst(), queue.popFirst()] == ["a", "b"])
    }

    @Test("One that stops waiting leaves the others in their order")
    func remove() {
        var queue = WaitQueue<Character>()
        for waiter in "abc" { queue.insert(waiter, priority: 0) }
        #expect(queue.remove("b") == true)
        #expect(queue.remove("b") == false)
        #expect(!queue.contains("b") && queue.contains("c"))
        // It comes back behind all others.
        queue.insert("b", priority: 0)
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst()] == ["a", "c", "b"])
        #expect(queue.remove("a") == false)
        #expect(queue.isEmpty)
    }

    /// The same by its definition: of those who wait, the highest priority, and of these the longest wait.
    private struct Definition {
        var waiting: [(waiter: Int, priority: UInt8, arrival: Int)] = []
        var arrivals = 0

        var first: Int? {
            waiting.max { ($0.priority, -$0.arrival) < ($1.priority, -$1.arrival) }?.waiter
        }

        mutating func insert(_ waiter: Int, _ priority: UInt8) {
            guard !waiting.contains(where: { $0.waiter == waiter }) else { return }
            arrivals += 1
            waiting.append((waiter, priority, arrivals))
        }

        mutating func remove(_ waiter: Int) -> Bool {
            let count = waiting.count
            waiting.removeAll { $0.waiter == waiter }
            return waiting.count < count
        }
    }

    @Test("does what its definition says, whatever happens", arguments: [2, 5, 20, 256])
    func againstDefinition(priorities: Int) {
        for seed in 0..<1000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var queue = WaitQueue<Int>()
            var definition = Definition()
            for step in 0..<80 {
                let waiter = Int.random(in: 0..<12, using: &generator)
                let isSame: Bool
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<5:
                    let priority = UInt8(Int.random(in: 0..<priorities, using: &generator))
                    queue.insert(waiter, priority: priority)
                    definition.insert(waiter, priority)
                    isSame = queue.contains(waiter)
                case 5..<8:
                    let first = definition.first
                    if let first { _ = definition.remove(first) }
                    isSame = queue.popFirst() == first
                default:
                    isSame = queue.remove(waiter) == definition.remove(waiter)
                }
                let looksTheSame =
                    queue.first == definition.first && queue.count == definition.waiting.count
                    && queue.isEmpty == definition.waiting.isEmpty
                guard isSame, looksTheSame else {
                    Issue.record("seed \(seed), step \(step): \(queue) is not \(definition)")
                    return
                }
            }
        }
    }

    @Test("Queues that hold the same in the same order are equal")
    func equality() {
        var (left, right) = (WaitQueue<Int>(), WaitQueue<Int>(expecting: 100))
        left.insert(1, priority: 1)
        left.insert(2, priority: 2)
        right.insert(2, priority: 2)
        right.insert(1, priority: 1)
        #expect(left == right)
        _ = right.popFirst()
        #expect(left != right)
    }
}
