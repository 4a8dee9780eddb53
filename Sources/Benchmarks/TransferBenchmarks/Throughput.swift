import Benchmark
import CTransferPeer
import PairedBenchmarks
import PeripheralIO

/// How hilbridge writes the bytes.
enum WriteStyle: String, CaseIterable {
    /// FreeRTOS+IO's discipline: the write mutex is obtained before each write, and its success frees the memory.
    case callerMemory = "Zero copy, caller's memory"
    /// The buffer is given to each write and comes back from it.
    case ownedBuffer = "Zero copy, owned buffer"
    case polled = "Polled"

    /// The least share of the bare loop's throughput. The start in the caller costs a fixed time a write, which counts
    /// where a write is short.
    func target(size: Int) -> Double {
        switch (self, size) {
        case (.polled, _): 0.95
        case (_, ..<1024): 0.5
        case (_, ..<16384): 0.8
        default: 0.95
        }
    }
}

func registerThroughput() {
    let sides = PairedMetrics.sides(of: "bare C", "kB/s", .prefersLarger)
    let metrics = [PairedMetrics.throughputRatio, sides.ours, sides.peer]
    for style in WriteStyle.allCases {
        for (size, name) in [(64, "64 B"), (1024, "1 KiB"), (16384, "16 KiB"), (1 << 20, "1 MiB")] {
            Benchmark(
                "\(style.rawValue), \(name)",
                configuration: PairedMetrics.configuration(
                    metrics, target: "≥ \(style.target(size: size))", iterations: 30)
            ) { (benchmark: Benchmark, trial: ThroughputTrial) throws in
                var ours: [UInt64] = []
                var bare: [UInt64] = []
                try benchmark.inTurn(ThroughputTrial.turns) {
                    ours.append(try trial.timeOurs())
                } _: {
                    bare.append(try trial.timeBare())
                }
                benchmark.measurement(PairedMetrics.throughputRatio, bare.median * 1000 / ours.median)
                benchmark.measurement(sides.ours, trial.kilobytesPerSecond(ours.median))
                benchmark.measurement(sides.peer, trial.kilobytesPerSecond(bare.median))
            } setup: {
                try ThroughputTrial(style, size: size)
            }
        }
    }
}

/// One port and one amount of work, done by turns through hilbridge and by a bare loop.
final class ThroughputTrial {
    private let style: WriteStyle
    private let line: DrainedLine
    private let port: Peripheral
    private let memory: UnsafeMutableRawBufferPointer
    private var buffer: TransferBuffer?
    private var writes: UInt64

    /// Turns of each side in an iteration, and about how many nanoseconds one takes: so short that most are not disturbed
    /// by other programs, and together long enough to be measured well.
    static let turns = 25
    private static let turn: UInt64 = 3_000_000

    init(_ style: WriteStyle, size: Int) throws {
        self.style = style
        line = try DrainedLine()
        port = try Peripheral(line.path)
        if style != .polled { try port.control(.useZeroCopyTX) }
        memory = .allocate(byteCount: size, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0x55)
        buffer = TransferBuffer(count: size)
        writes = UInt64(max(1, 65536 / size))
        while true {
            let time = try timeBare()
            if time >= Self.turn / 4 {
                writes = max(1, writes * Self.turn / time)
                break
            }
            writes *= 2
        }
    }

    deinit {
        memory.deallocate()
    }

    private var amount: Int { Int(writes) * memory.count }

    func kilobytesPerSecond(_ nanoseconds: Int) -> Int {
        amount * 1_000_000 / nanoseconds
    }

    func timeBare() throws -> UInt64 {
        var failure: Int32 = 0
        let time = line.time(ofWriting: amount) {
            failure = bare_write(line.port, memory.baseAddress!, memory.count, writes)
            // Those who wait for bytes that were never written would wait for ever.
            precondition(failure == 0, "the bare loop failed: errno \(failure)")
        }
        return time
    }

    func timeOurs() throws -> UInt64 {
        try line.time(ofWriting: amount) {
            switch style {
            case .callerMemory: try writeCallerMemory()
            case .ownedBuffer: try writeOwnedBuffer()
            case .polled: try writePolled()
            }
        }
    }

    private func writeCallerMemory() throws {
        let bytes = UnsafeRawBufferPointer(memory)
        for _ in 0..<writes {
            try port.control(.obtainWriteMutex(.forever))
            _ = try port.startWrite(unretained: bytes)
        }
        try port.control(.waitPreviousWriteComplete(.forever))
    }

    private func writeOwnedBuffer() throws {
        for _ in 0..<writes {
            let finished = port.write(buffer.take()!).wait()
            if let error = finished.error { throw error }
            buffer = finished.takeBuffer()
        }
    }

    private func writePolled() throws {
        let bytes = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(memory))
        for _ in 0..<writes {
            _ = try port.write(bytes)
        }
    }
}
