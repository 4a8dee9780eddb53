import Benchmark
import CMeasuring
import CTransferPeer
import PairedBenchmarks
import PeripheralIO

/// Where the threads of a hand-over run: the one that waits for the write, and the one that completes it. What lets the
/// line go on shares the waiter's place.
enum Placement: String, CaseIterable {
    case sameCore = "one core"
    case crossCore = "across cores"
    case unpinned = "unpinned"

    var waiter: Int32 { self == .unpinned ? -1 : 0 }
    var completion: Int32 {
        switch self {
        case .sameCore: 0
        case .crossCore: 1
        case .unpinned: -1
        }
    }
}

private let ourTail = PairedMetrics.custom("from last byte, ours ns", .prefersSmaller)
private let bareTail = PairedMetrics.custom("from last byte, bare C ns", .prefersSmaller)

func registerHandOver() {
    let sides = PairedMetrics.sides(of: "bare C", "ns", .prefersSmaller)
    let metrics = [PairedMetrics.timeRatio, sides.ours, sides.peer, ourTail, bareTail]
    for placement in Placement.allCases {
        Benchmark(
            "Hand-over, \(placement.rawValue)",
            configuration: PairedMetrics.configuration(metrics, target: "≤ 1.3", iterations: 30)
        ) { (benchmark: Benchmark, trial: HandOverTrial) throws in
            try trial.placed {
                var ours = HandOverTimes()
                var bare = HandOverTimes()
                try benchmark.inTurn(HandOverTrial.turns) {
                    try trial.measureOurs(&ours)
                } _: {
                    trial.measureBare(&bare)
                }
                benchmark.measurement(PairedMetrics.timeRatio, ours.fromRoom.median * 1000 / bare.fromRoom.median)
                benchmark.measurement(sides.ours, ours.fromRoom.median)
                benchmark.measurement(sides.peer, bare.fromRoom.median)
                benchmark.measurement(ourTail, ours.fromLastByte.median)
                benchmark.measurement(bareTail, bare.fromLastByte.median)
            }
        } setup: {
            try HandOverTrial(placement)
        }
    }
}

/// Nanoseconds until the waiter ran.
struct HandOverTimes {
    /// From the moment that the device had room: a wake-up in `poll`, the write, and a wake-up on a futex.
    var fromRoom: [UInt64] = []
    /// From the moment that the device had the last byte: the wake-up on the futex alone.
    var fromLastByte: [UInt64] = []

    mutating func add(room: UInt64, lastByte: UInt64, running: UInt64) {
        fromRoom.append(running - room)
        fromLastByte.append(running - lastByte)
    }
}

/// A write to a port that has no room: the completion thread waits for room, writes, and wakes the task that waits.
final class HandOverTrial {
    /// Writes of each side in an iteration.
    static let turns = 50
    /// Long enough for both threads to have fallen asleep.
    private static let pause: UInt64 = 300_000

    private let placement: Placement
    private let line: DrainedLine
    private let port: Peripheral
    private let bare: OpaquePointer
    private let starter: OpaquePointer
    private var buffer: TransferBuffer?
    private let memory: UnsafeRawBufferPointer

    init(_ placement: Placement) throws {
        self.placement = placement
        line = try DrainedLine()
        // Threads run where the thread that makes them does.
        peer_pin(placement.completion)
        defer { peer_pin(-1) }
        port = try Peripheral(line.path)
        try port.control(.useZeroCopyTX)
        guard let bare = bare_completion_create(line.port) else { throw BenchmarkFailure("no thread") }
        self.bare = bare
        peer_pin(placement.waiter)
        guard let starter = line_starter_create(line.port) else { throw BenchmarkFailure("no thread") }
        self.starter = starter
        let buffer = TransferBuffer(count: 64)
        memory = UnsafeRawBufferPointer(buffer.transferMemory)
        self.buffer = consume buffer
    }

    deinit {
        line_starter_destroy(starter)
        bare_completion_destroy(bare)
    }

    /// Runs `body` where the waiter belongs.
    func placed(_ body: () throws -> Void) rethrows {
        peer_pin(placement.waiter)
        defer { peer_pin(-1) }
        try body()
    }

    func measureOurs(_ times: inout HandOverTimes) throws {
        line_starter_stop(starter)
        let write = port.write(buffer.take()!)
        line_starter_start_soon(starter, Self.pause)
        let finished = write.wait()
        let running = peer_now()
        if let error = finished.error { throw error }
        times.add(
            room: line_starter_started_at(starter), lastByte: finished.completedAt!.nanoseconds, running: running)
        buffer = finished.takeBuffer()
    }

    func measureBare(_ times: inout HandOverTimes) {
        line_starter_stop(starter)
        bare_completion_start(bare, memory.baseAddress!, memory.count)
        line_starter_start_soon(starter, Self.pause)
        let lastByte = bare_completion_await(bare)
        let running = peer_now()
        times.add(room: line_starter_started_at(starter), lastByte: lastByte, running: running)
    }
}
