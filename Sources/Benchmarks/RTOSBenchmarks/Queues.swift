import BoostPeer
import CMeasuring
import CRTOSPeer
import PairedBenchmarks
import RTOS

func registerQueues() {
    for pairs in [1, 2, 4] {
        for capacity in [64, 1024] {
            Contest(
                name: "Message queue \(pairs):\(pairs), \(capacity) deep", peerName: "boost queue", target: "≥ 1.5",
                producers: pairs,
                ours: { count in timeQueue(capacity: capacity, pairs: pairs, count: count) },
                peer: { count in
                    requireBoost()
                    return boost_queue_time(capacity, Int32(pairs), count, Places.pairs(pairs))
                }
            ).register()
        }
    }
    for (pairs, target) in [(1, "-"), (2, "-"), (4, "≥ 2")] {
        Contest(
            name: "Message queue \(pairs):\(pairs), 1024 deep", peerName: "mutex queue", target: target,
            producers: pairs,
            ours: { count in timeQueue(capacity: 1024, pairs: pairs, count: count) },
            peer: { count in locked_queue_time(1024, Int32(pairs), count, Places.pairs(pairs)) }
        ).register()
    }
}

/// Nanoseconds for so many pointers from each producer; 0 if one was lost, repeated or out of order.
private func timeQueue(capacity: Int, pairs: Int, count: UInt64) -> UInt64 {
    let queue = MessageQueue(capacity: capacity, messageSize: MemoryLayout<UInt>.size)
    let checks = Checks(count: pairs)
    let time = timeCrew(on: Places.pairs(pairs)) { thread in
        // Nobody ends these waits.
        do throws(MessageQueue.Failure) {
            if thread < pairs {
                for number in 1...count { try queue.put(UInt(numbered_message(Int32(thread), number))) }
            } else {
                var check = numbered_check()
                for _ in 0..<count { numbered_see(&check, UInt64(try queue.get(UInt.self))) }
                checks.memory[thread - pairs] = check
            }
        } catch {
            fatalError("a wait was ended: \(error)")
        }
    }
    let isComplete = numbered_is_complete(checks.memory.baseAddress!, Int32(pairs), Int32(pairs), count) != 0
    return isComplete ? time : 0
}

/// What each consumer has seen, in a place of its own.
private struct Checks: ~Copyable, @unchecked Sendable {
    let memory: UnsafeMutableBufferPointer<numbered_check>

    init(count: Int) {
        memory = .allocate(capacity: count)
        memory.initialize(repeating: numbered_check())
    }

    deinit {
        memory.deallocate()
    }
}
