import Testing

@testable import RTOS

@Suite("Post messages: OS_MSG_POOL and OS_MSG_Q")
struct PostMessagesTests {
    func message(_ number: Int) -> PostMessage {
        PostMessage(pointer: UnsafeMutableRawPointer(bitPattern: number), size: number, timeStamp: UInt64(number))
    }

    @Test("a queue takes nodes from the pool and gives them back")
    func counts() {
        var nodes = PostMessageNodes(count: 3)
        var list = PostMessageList(size: 5)
        #expect(list.put(message(1), .firstInFirstOut, nodes: &nodes) == nil)
        #expect(list.put(message(2), .firstInFirstOut, nodes: &nodes) == nil)
        #expect(list.put(message(3), .lastInFirstOut, nodes: &nodes) == nil)
        #expect((nodes.freeCount, nodes.usedCount, nodes.highestUsedCount) == (0, 3, 3))
        #expect(list.put(message(4), .firstInFirstOut, nodes: &nodes) == .poolEmpty)
        #expect([1, 2, 3].map { _ in list.get(nodes: &nodes)?.size } == [3, 1, 2])
        #expect(list.get(nodes: &nodes) == nil)
        #expect((nodes.freeCount, nodes.usedCount, nodes.highestUsedCount) == (3, 0, 3))
        #expect((list.count, list.highestCount, list.size) == (0, 3, 5))
        #expect(list.newest == nil && list.oldest == nil)
    }

    @Test("the queue's own limit is looked at before the pool's")
    func limits() {
        var nodes = PostMessageNodes(count: 1)
        var list = PostMessageList(size: 1)
        #expect(list.put(message(1), .firstInFirstOut, nodes: &nodes) == nil)
        #expect(list.put(message(2), .firstInFirstOut, nodes: &nodes) == .queueFull)
    }

    @Test("nodes are taken last in first out; a flushed chain comes first, in its order")
    func flush() {
        var nodes = PostMessageNodes(count: 4)
        var list = PostMessageList(size: 4)
        var keeper = PostMessageList(size: 4)
        for number in 1...3 { _ = list.put(message(number), .firstInFirstOut, nodes: &nodes) }
        let chain = [list.oldest, list.oldest?.pointee.next, list.newest]
        #expect(list.removeAll(nodes: &nodes) == 3)
        #expect((list.count, list.highestCount, nodes.freeCount) == (0, 0, 4))
        for node in chain {
            _ = keeper.put(message(9), .firstInFirstOut, nodes: &nodes)
            #expect(keeper.newest == node)
        }
        #expect(list.removeAll(nodes: &nodes) == 0)
    }

    @Test("queues that share a pool behave as arrays do", arguments: 0..<1000 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let poolSize = Int.random(in: 0...10, using: &random)
        var nodes = PostMessageNodes(count: poolSize)
        var lists = (0..<3).map { _ in PostMessageList(size: Int.random(in: 1...6, using: &random)) }
        var models: [[Int]] = [[], [], []]
        var highest = [0, 0, 0]
        var highestUsed = 0
        for number in 1...200 {
            let which = Int.random(in: 0..<3, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                let flushed = models[which].count
                #expect(lists[which].removeAll(nodes: &nodes) == flushed)
                models[which] = []
                if flushed > 0 { highest[which] = 0 }
            case 1..<7:
                let order: PostOrder = random.one(of: [.firstInFirstOut, .lastInFirstOut])
                let refusal = lists[which].put(message(number), order, nodes: &nodes)
                if models[which].count == lists[which].size {
                    #expect(refusal == .queueFull)
                } else if models.map(\.count).reduce(0, +) == poolSize {
                    #expect(refusal == .poolEmpty)
                } else {
                    #expect(refusal == nil)
                    models[which].insert(number, at: order == .lastInFirstOut ? 0 : models[which].count)
                }
            default:
                let expected = models[which].isEmpty ? nil : models[which].removeFirst()
                #expect(lists[which].get(nodes: &nodes)?.size == expected)
            }
            let used = models.map(\.count).reduce(0, +)
            highestUsed = max(highestUsed, used)
            for list in 0..<3 { highest[list] = max(highest[list], models[list].count) }
            #expect(lists.map(\.count) == models.map(\.count))
            #expect(lists.map(\.highestCount) == highest)
            #expect((nodes.usedCount, nodes.freeCount) == (used, poolSize - used))
            #expect(nodes.highestUsedCount == highestUsed)
        }
    }
}
