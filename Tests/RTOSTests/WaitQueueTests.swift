import RTOS
import Testing

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
}
