import Benchmark

/// One amount of work, done by turns with a primitive and with its peer.
public struct Contest {
    /// Passes so many messages from each producer, and answers the nanoseconds; 0 if one was lost, repeated, changed
    /// or out of order.
    public typealias Side = (_ count: UInt64) -> UInt64

    var name: String
    var peerName: String
    /// "≥ 0.9" for a rate, "≤ 1.4" for a time; none if it is shown for comparison.
    var target: String
    var producers = 1
    var ours: Side
    var peer: Side
    /// Whether times are compared, not rates.
    var comparesTimes = false

    public init(
        name: String, peerName: String, target: String, producers: Int = 1, ours: @escaping Side, peer: @escaping Side,
        comparesTimes: Bool = false
    ) {
        self.name = name
        self.peerName = peerName
        self.target = target
        self.producers = producers
        self.ours = ours
        self.peer = peer
        self.comparesTimes = comparesTimes
    }

    /// Turns of each side in an iteration, and about how many nanoseconds one takes.
    private static let turns = 5
    private static let turn: UInt64 = 10_000_000

    public func register() {
        let sides = PairedMetrics.sides(
            of: peerName, comparesTimes ? "ps" : "msg/s", comparesTimes ? .prefersSmaller : .prefersLarger)
        let ratio = comparesTimes ? PairedMetrics.timeRatio : PairedMetrics.throughputRatio
        Benchmark(
            name,
            configuration: PairedMetrics.configuration([ratio, sides.ours, sides.peer], target: target, iterations: 20)
        ) { (benchmark: Benchmark, count: UInt64) throws in
            var ourTimes: [UInt64] = []
            var peerTimes: [UInt64] = []
            try benchmark.inTurn(Self.turns) {
                ourTimes.append(try checked(ours(count)))
            } _: {
                peerTimes.append(try checked(peer(count)))
            }
            let (our, other) = (ourTimes.median, peerTimes.median)
            benchmark.measurement(ratio, comparesTimes ? our * 1000 / other : other * 1000 / our)
            benchmark.measurement(sides.ours, figure(count, our))
            benchmark.measurement(sides.peer, figure(count, other))
        } setup: {
            try calibrate()
        }
    }

    private func checked(_ time: UInt64) throws -> UInt64 {
        if time == 0 { throw BenchmarkFailure("\(name): a message was lost, repeated, changed or out of order") }
        return time
    }

    /// How many messages the peer passes in a turn.
    private func calibrate() throws -> UInt64 {
        var count: UInt64 = 1000
        while true {
            let time = try checked(peer(count))
            if time >= Self.turn / 4 { return max(1, count * Self.turn / time) }
            count *= 2
        }
    }

    private func figure(_ count: UInt64, _ time: Int) -> Int {
        comparesTimes ? time * 1000 / Int(count) : Int(count) * producers * 1_000_000_000 / time
    }
}
