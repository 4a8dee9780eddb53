/// A protocol's machines and their surroundings as one plain value, of which every history can be played.
protocol ExplorableModel: Hashable {
    associatedtype Event

    /// What can happen next.
    var possibleEvents: [Event] { get }

    mutating func apply(_ event: Event)

    /// What is wrong in this state, however it was reached; nil if it is sound.
    var violation: String? { get }
}

/// Every sequence of events up to a length, played on a model.
///
/// Two sequences that end in equal states go on alike, so one is followed for both: states are visited breadth first,
/// each once, and no sequence is left out. Where no new state turns up before the depth is reached, sequences of every
/// length have been played.
struct Exploration<Model: ExplorableModel> {
    /// Every state that was found, in the order in which it was.
    private(set) var states: [Model] = []
    private(set) var transitions = 0
    /// The longest sequence that led to a new state.
    private(set) var depth = 0
    /// True if longer sequences lead to no new state.
    private(set) var isComplete = false
    /// The first violation, with the shortest sequence that leads to it and the state that is wrong; nil if there is
    /// none.
    private(set) var violation: String?

    private struct Node {
        let model: Model
        let parent: Int
        let event: Model.Event?
    }

    /// Explores from `start` until something is violated.
    init(from start: Model, depth limit: Int) {
        var nodes = [Node(model: start, parent: 0, event: nil)]
        var visited: Set<Model> = [start]
        if let violation = start.violation {
            self.violation = "\(violation), at the start"
            return
        }
        var level = 0..<1
        while !level.isEmpty, depth < limit {
            for index in level {
                let model = nodes[index].model
                for event in model.possibleEvents {
                    var next = model
                    next.apply(event)
                    transitions += 1
                    guard visited.insert(next).inserted else { continue }
                    nodes.append(Node(model: next, parent: index, event: event))
                    guard let violation = next.violation else { continue }
                    self.violation = "\(violation), after \(Self.history(of: nodes.count - 1, in: nodes)): \(next)"
                    return
                }
            }
            level = level.upperBound..<nodes.count
            if !level.isEmpty { depth += 1 }
        }
        states = nodes.map(\.model)
        isComplete = level.isEmpty
    }

    func reaches(_ isLandmark: (Model) -> Bool) -> Bool {
        states.contains(where: isLandmark)
    }

    /// How much was played, for the test's log.
    var summary: String {
        "\(states.count) states, \(transitions) transitions, \(depth) events deep\(isComplete ? ", complete" : "")"
    }

    private static func history(of index: Int, in nodes: [Node]) -> String {
        var events: [String] = []
        var index = index
        while let event = nodes[index].event {
            events.append("\(event)")
            index = nodes[index].parent
        }
        return events.reversed().joined(separator: ", ")
    }
}
