import Benchmark
import CFirmwareLoad
import CMeasuring
import PairedBenchmarks
import RTOS

/// What a call through the C interface costs over the primitive behind it.
func registerCalls() {
    CallCost(name: "message of 20 B", pair: FIRMWARE_MESSAGE_20) { count in
        let buffer = MessageBuffer(capacity: 4096)
        return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { message in
            message.initializeMemory(as: UInt8.self, repeating: 0)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: message[..<20])
            return time(count) {
                buffer.send(UnsafeRawBufferPointer(bytes), timeout: .now) == 20
                    && buffer.receive(into: bytes, timeout: .now) == 20
            }
        }
    }.register()
    CallCost(name: "queue", pair: FIRMWARE_QUEUE) { count in
        let queue = MessageQueue(capacity: 64, messageSize: MemoryLayout<UInt>.size)
        return time(count) {
            (try? queue.put(UInt(1), timeout: .now)) != nil && (try? queue.get(UInt.self, timeout: .now)) != nil
        }
    }.register()
    CallCost(name: "semaphore", pair: FIRMWARE_SEMAPHORE) { count in
        let semaphore = Semaphore(count: 0, limit: 10)
        return time(count) {
            (try? semaphore.give()) != nil && (try? semaphore.take(.now)) != nil
        }
    }.register()
    CallCost(name: "notification", pair: FIRMWARE_NOTIFICATION) { count in
        let task = RTOSTask.current
        return time(count) {
            task.notifyGive()
            return RTOSTask.takeNotification(all: true, .now) == 1
        }
    }.register()
    CallCost(name: "mutex", pair: FIRMWARE_MUTEX) { count in
        let mutex = RTOSMutex()
        return time(count) {
            (try? mutex.acquire(.now)) != nil && (try? mutex.release()) != nil
        }
    }.register()
}

/// Nanoseconds for so many pairs of calls; 0 if one failed.
private func time(_ count: UInt64, _ pair: () -> Bool) -> UInt64 {
    let start = peer_now()
    var isRight = true
    for _ in 0..<count where !pair() { isRight = false }
    return isRight ? peer_now() - start : 0
}

/// One kind of call in C and in Swift, by turns.
private struct CallCost {
    var name: String
    var pair: firmware_pair
    var primitive: @Sendable (_ count: UInt64) -> UInt64

    private static let calls: UInt64 = 100_000
    private static let limit = "≤ 20 ns"

    func register() {
        let sides = PairedMetrics.sides(of: "Swift", "ps", .prefersSmaller)
        let (pair, primitive) = (pair, primitive)
        Benchmark(
            "C call over Swift, \(name)",
            configuration: PairedMetrics.configuration(
                [PairedMetrics.difference, sides.ours, sides.peer], target: Self.limit, iterations: 20)
        ) { benchmark in
            var ours: [UInt64] = []
            var theirs: [UInt64] = []
            benchmark.inTurn(5) {
                ours.append(firmware_pair_time(pair, Self.calls))
            } _: {
                theirs.append(primitive(Self.calls))
            }
            guard !ours.contains(0), !theirs.contains(0) else { throw BenchmarkFailure("a call failed") }
            // Of one call, in picoseconds: a pair is two.
            let (our, other) = (ours.median * 500 / Int(Self.calls), theirs.median * 500 / Int(Self.calls))
            benchmark.measurement(PairedMetrics.difference, our - other)
            benchmark.measurement(sides.ours, our)
            benchmark.measurement(sides.peer, other)
        }
    }
}
