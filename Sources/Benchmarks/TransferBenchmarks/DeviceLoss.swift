import Benchmark
import Glibc
import PairedBenchmarks
import PeripheralIO
import RTOS
import Synchronization
import VirtualHardware

private let slowest = PairedMetrics.custom("slowest call µs", .prefersSmaller)

/// How long calls stay blocked after their device has gone: from the hang-up of the line until the last has ended.
func registerDeviceLoss() {
    for situation in LossSituation.allCases {
        Benchmark(
            "Device loss, \(situation.rawValue)",
            configuration: PairedMetrics.configuration([slowest], target: "≤ 100 ms", iterations: 20)
        ) { benchmark throws in
            benchmark.measurement(slowest, try situation.microsecondsUntilAllEnded())
        }
    }
}

/// Calls that wait at the same time for a port that has no room and receives nothing.
enum LossSituation: String, CaseIterable {
    case zeroCopy = "zero copy: write, obtain, wait, read"
    case characterQueue = "character queue: write, read"
    case polled = "polled: write, read"

    private typealias Call = @Sendable (Peripheral) throws -> Void

    private func prepare(_ port: Peripheral) throws {
        switch self {
        case .zeroCopy:
            try port.control(.useZeroCopyTX)
            try port.control(.useCircularBufferRX(length: 256))
        case .characterQueue:
            try port.control(.useCharacterQueueTX(length: 256))
            try port.control(.useCharacterQueueRX(length: 256))
        case .polled:
            break
        }
    }

    /// The first gets the port; the others come later.
    private var calls: [Call] {
        let read: Call = { port in
            var byte: UInt8 = 0
            _ = try withUnsafeMutableBytes(of: &byte) { try port.read(into: $0) }
        }
        guard self == .zeroCopy else {
            // More than a pty holds.
            return [{ port in _ = try port.write([UInt8](repeating: 0, count: 1 << 20).span.bytes) }, read]
        }
        let write: Call = { port in
            let error = port.write(TransferBuffer(count: 1 << 20)).wait().error
            if let error { throw error }
        }
        return [
            write, write,
            { port in try port.control(.obtainWriteMutex(.forever)) },
            { port in try port.control(.waitPreviousWriteComplete(.forever)) },
            read,
        ]
    }

    func microsecondsUntilAllEnded() throws -> Int {
        guard let line = PtyPair() else { throw BenchmarkFailure("no pty") }
        let port = try Peripheral(line.path)
        try prepare(port)
        let outcomes = Outcomes()
        let threads = calls.enumerated().map { number, call in
            let thread = RTOSThread.startJoinable(name: "blocked \(number)") {
                outcomes.add(of: { try call(port) })
            }
            usleep(Self.timeToBlock)
            return thread
        }
        usleep(Self.timeToBlock)
        guard outcomes.all.isEmpty else { throw BenchmarkFailure("a call did not block: \(outcomes.all[0])") }

        let start = MonotonicTime.now
        line.hangUp()
        for thread in threads { thread.join() }
        for outcome in outcomes.all {
            guard case .deviceLost = outcome.error else { throw BenchmarkFailure("not device lost: \(outcome)") }
        }
        return outcomes.all.map { Int($0.time.nanoseconds(since: start) / 1000) }.max()!
    }

    /// In microseconds.
    private static let timeToBlock: UInt32 = 5000
}

/// How blocked calls ended, and when.
private final class Outcomes: Sendable {
    struct Outcome {
        var error: PeripheralError?
        var time: MonotonicTime
    }

    private let outcomes = Mutex<[Outcome]>([])

    var all: [Outcome] { outcomes.withLock { $0 } }

    func add(of call: () throws -> Void) {
        var error: PeripheralError?
        do {
            try call()
        } catch let thrown {
            error = thrown as? PeripheralError
        }
        let time = MonotonicTime.now
        outcomes.withLock { $0.append(Outcome(error: error, time: time)) }
    }
}
