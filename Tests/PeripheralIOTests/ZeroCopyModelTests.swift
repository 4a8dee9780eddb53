import Testing

@testable import PeripheralIO

@Suite("Zero-copy writes in every order of events", .timeLimit(.minutes(30)))
struct ZeroCopyModelTests {
    @Test(
        "Never two writers, no buffer given back while the device may read it, no waiter forgotten",
        arguments: [[1, 2, 3], [1, 2, 2, 3]])
    func everySequence(priorities: [UInt8]) throws {
        let exploration = Exploration(from: ZeroCopyModel(priorities: priorities), depth: 100)
        print("zero copy, \(priorities.count) tasks: \(exploration.summary)")
        try #require(exploration.violation == nil)
        // No sequence, however long, leads anywhere else.
        #expect(exploration.isComplete)
        #expect(exploration.depth >= 8)
        #expect(exploration.states.count > 4000)
        #expect(exploration.transitions > 40_000)

        // It has been where things can go wrong.
        #expect(exploration.reaches { $0.deviceMayRead && $0.arrivals.count == priorities.count })
        #expect(exploration.reaches { $0.deviceMayRead && $0.isLost })
        #expect(exploration.reaches { $0.deviceMayRead && $0.activities.allSatisfy { $0 == .ended } })
        #expect(exploration.reaches { $0.transmission.isCancelled && $0.transmission.hand == .caller })
        #expect(exploration.reaches { $0.owner == .task(0) && $0.activities[0] == .blocked })
        #expect(exploration.reaches { $0.owner == .task(0) && $0.activities[0] == .blocked && $0.isLost })
    }
}
