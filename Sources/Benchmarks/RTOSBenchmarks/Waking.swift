import Benchmark
import CMeasuring
import CRTOSPeer
import PairedBenchmarks
import RTOS

/// Where the sender and the receiver of a hand-over run.
private enum Placement: String, CaseIterable {
    case sameCore = "one core"
    case crossCore = "across cores"
    case unpinned = "unpinned"

    var processors: [Int32] {
        switch self {
        case .sameCore: [0, 0]
        case .crossCore: [0, 1]
        case .unpinned: [-1, -1]
        }
    }
}

/// From before a message is put until a receiver that was asleep has it.
func registerWaking() {
    let sides = PairedMetrics.sides(of: "bare futex", "ns", .prefersSmaller)
    for placement in Placement.allCases {
        Benchmark(
            "Waking a receiver, \(placement.rawValue)",
            configuration: PairedMetrics.configuration(
                [PairedMetrics.timeRatio, sides.ours, sides.peer], target: "≤ 1.1", iterations: 20)
        ) { benchmark in
            var ours: [UInt64] = []
            var peer: [UInt64] = []
            benchmark.inTurn(2) {
                ours += handOver(on: placement.processors)
            } _: {
                peer += [UInt64](unsafeUninitializedCapacity: handOvers) { times, count in
                    bare_futex_hand_over(Int32(handOvers), pause, placement.processors, times.baseAddress!)
                    count = handOvers
                }
            }
            benchmark.measurement(PairedMetrics.timeRatio, ours.median * 1000 / peer.median)
            benchmark.measurement(sides.ours, ours.median)
            benchmark.measurement(sides.peer, peer.median)
        }
    }
}

/// In a turn.
private let handOvers = 50
/// Nanoseconds before each: long enough for the receiver to have fallen asleep.
private let pause: UInt64 = 1_000_000

private func handOver(on processors: [Int32]) -> [UInt64] {
    let queue = MessageQueue(capacity: 16, messageSize: MemoryLayout<UInt64>.size)
    return [UInt64](unsafeUninitializedCapacity: handOvers) { times, count in
        let place = Unchecked(times.baseAddress!)
        _ = timeCrew(on: processors) { thread in
            for number in 0..<handOvers {
                // Nobody ends these waits.
                if thread == 0 {
                    peer_sleep(pause)
                    guard (try? queue.put(peer_now())) != nil else { fatalError("not put") }
                } else {
                    guard let sent = try? queue.get(UInt64.self) else { fatalError("not got") }
                    place.value[number] = peer_now() - sent
                }
            }
        }
        count = handOvers
    }
}

/// Carries a pointer into a thread.
private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
