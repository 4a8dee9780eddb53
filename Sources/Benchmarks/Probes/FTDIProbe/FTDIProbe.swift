import Foundation
import PeripheralIO
import RTOS

/// Bulk writes, bulk reads and small exchanges over an SPI device, as the lab measures them against others:
///
///     FTDIProbe URL write|read|exchange COUNT
///
/// COUNT is in bytes, for exchanges in exchanges of four bytes. Prints how many a second.
@main
enum FTDIProbe {
    static func main() throws {
        guard CommandLine.arguments.count == 4, let count = Int(CommandLine.arguments[3]), count > 0 else {
            FileHandle.standardError.write(Data("usage: FTDIProbe URL write|read|exchange COUNT\n".utf8))
            exit(2)
        }
        let port = try Peripheral(CommandLine.arguments[1])
        defer { port.close() }
        switch CommandLine.arguments[2] {
        case "write": try write(count, to: port)
        case "read": try read(count, from: port)
        case "exchange": try exchange(count, over: port)
        case let other:
            FileHandle.standardError.write(Data("FTDIProbe: no measurement “\(other)”\n".utf8))
            exit(2)
        }
    }

    private static func report(_ count: Int, since start: MonotonicTime) {
        let seconds = Double(MonotonicTime.now.nanoseconds(since: start)) / 1e9
        print(String(format: "%.1f", Double(count) / seconds))
    }

    private static func write(_ count: Int, to port: Peripheral) throws {
        try port.control(.useZeroCopyTX)
        let buffer = TransferBuffer(count: count)
        let start = MonotonicTime.now
        let finished = port.write(buffer).wait()
        if let error = finished.error { throw error }
        report(count, since: start)
    }

    private static func read(_ count: Int, from port: Peripheral) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        defer { buffer.deallocate() }
        let start = MonotonicTime.now
        _ = try port.read(into: buffer)
        report(count, since: start)
    }

    private static func exchange(_ count: Int, over port: Peripheral) throws {
        let sent: [UInt8] = [0x9F, 0, 0, 0]
        var received = [UInt8](repeating: 0, count: 4)
        let start = MonotonicTime.now
        for _ in 0..<count {
            var span = received.mutableSpan
            var bytes = span.mutableBytes
            try port.exchange(sent.span.bytes, into: &bytes)
        }
        report(count, since: start)
        guard received == sent else { throw PeripheralError.refused(.badValue("the wire changed what was sent")) }
    }
}
