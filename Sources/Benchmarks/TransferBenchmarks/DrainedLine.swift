import CMeasuring
import CTransferPeer
import PairedBenchmarks

/// A pty whose far end a C thread reads empty, always in the same way, whoever writes.
final class DrainedLine {
    let line: OpaquePointer
    /// Bytes that were written so far and therefore have to arrive.
    private var expected: UInt64 = 0

    init() throws {
        guard let line = drained_line_open() else { throw BenchmarkFailure("no pty") }
        self.line = line
    }

    deinit {
        drained_line_close(line)
    }

    var path: String { String(cString: drained_line_path(line)) }
    /// The bare loops' own descriptor of the port.
    var port: Int32 { drained_line_port(line) }

    /// Nanoseconds from the first byte's writing to the last one's arrival at the far end.
    func time(ofWriting bytes: Int, _ body: () throws -> Void) rethrows -> UInt64 {
        expected += UInt64(bytes)
        let start = peer_now()
        try body()
        drained_line_await(line, expected)
        return peer_now() - start
    }
}
