import Testing

/// A lock with three numbers, which opens on one sequence only.
private struct CombinationLock: ExplorableModel {
    var dialled: [Int] = []

    var possibleEvents: [Int] { [1, 2, 3] }

    mutating func apply(_ number: Int) {
        dialled = dialled.count < 5 ? dialled + [number] : []
    }

    var violation: String? { dialled == [3, 1, 2, 1] ? "open" : nil }
}

/// A clock face, which comes round.
private struct Clock: ExplorableModel {
    var hour = 0
    var possibleEvents: [Int] { [1, 12] }
    mutating func apply(_ hours: Int) { hour = (hour + hours) % 12 }
    var violation: String? { nil }
}

@Suite("Exploration")
struct ExplorationTests {
    @Test("finds the one sequence that is wrong, and tells it")
    func finds() {
        let found = Exploration(from: CombinationLock(), depth: 4).violation
        #expect(found?.hasPrefix("open, after 3, 1, 2, 1: ") == true, "\(found ?? "nothing")")
    }

    @Test("does not look further than it was told to")
    func depth() {
        let exploration = Exploration(from: CombinationLock(), depth: 3)
        #expect(exploration.states.count == 1 + 3 + 9 + 27)
        #expect(exploration.transitions == 3 + 9 + 27)
        #expect(exploration.depth == 3 && !exploration.isComplete)
    }

    @Test("knows when it has seen everything")
    func complete() {
        let exploration = Exploration(from: Clock(), depth: 100)
        #expect(exploration.isComplete && exploration.depth == 11)
        #expect(Set(exploration.states.map(\.hour)) == Set(0..<12))
        #expect(exploration.transitions == 24)
    }

    @Test("finds the states that playing every sequence one by one finds")
    func againstEverySequence() {
        let start = ZeroCopyModel(priorities: [1, 2])
        var found: Set<ZeroCopyModel> = []
        var sequences = 0
        func play(_ model: ZeroCopyModel, _ left: Int) {
            found.insert(model)
            sequences += 1
            guard left > 0 else { return }
            for event in model.possibleEvents {
                var next = model
                next.apply(event)
                play(next, left - 1)
            }
        }
        play(start, 4)
        #expect(Set(Exploration(from: start, depth: 4).states) == found)
        #expect(sequences > found.count)
    }
}
