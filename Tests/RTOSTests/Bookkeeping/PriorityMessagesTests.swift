import RTOS
import Testing

@Suite("Messages by priority")
struct PriorityMessagesTests {
    @Test("a higher priority first, first in first out among equals")
    func order() {
        var messages = PriorityMessages(capacity: 5, messageSize: 1)
        for (body, priority) in [(1, 0), (2, 255), (3, 7), (4, 255), (5, 0)] as [(UInt8, UInt8)] {
            #expect(withUnsafeBytes(of: body) { messages.put($0.baseAddress!, priority: priority) })
        }
        let isFull = messages.isFull
        #expect(isFull)
        #expect(withUnsafeBytes(of: 6 as UInt8) { !messages.put($0.baseAddress!, priority: 9) })
        var taken: [UInt8] = []
        var body: UInt8 = 0
        while messages.get(into: &body) != nil { taken.append(body) }
        #expect(taken == [2, 4, 3, 1, 5])
    }

    @Test("behaves as a sorted array does", arguments: 0..<1000 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededSequence(seed: seed)
        let capacity = Int.random(in: 1...12, using: &random)
        var messages = PriorityMessages(capacity: capacity, messageSize: 4)
        var model: [(body: UInt32, priority: UInt8)] = []
        for step in 0..<300 as Range<UInt32> {
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                messages.removeAll()
                model.removeAll()
            case 1..<21:
                let priority = random.one(of: [0, 1, 31, 32, 33, 254, 255] as [UInt8])
                let done = withUnsafeBytes(of: step) { messages.put($0.baseAddress!, priority: priority) }
                #expect(done == (model.count < capacity))
                if done {
                    let place = model.firstIndex { $0.priority < priority } ?? model.endIndex
                    model.insert((step, priority), at: place)
                }
            default:
                var body: UInt32 = 0
                let priority = messages.get(into: &body)
                #expect(priority == model.first?.priority)
                if priority != nil { #expect(body == model.removeFirst().body) }
            }
            let (count, highest) = (messages.count, messages.highestPriority)
            #expect(count == model.count)
            #expect(highest == model.first?.priority)
        }
    }
}
