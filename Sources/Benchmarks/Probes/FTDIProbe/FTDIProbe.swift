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
        let measurement: (Int, Peripheral) throws -> MonotonicTime
        switch CommandLine.arguments[2] {
        case "write":
            try port.control(.useZeroCopyTX)
            measurement = write
        case "read": measurement = read
        case "exchange": measurement = exchange
        case let other:
            FileHandle.standardError.write(Data("FTDIProbe: no measurement “\(other)”\n".utf8))
            exit(2)
        }
        // What is done for the first time takes long where code is translated as it runs.
        _ = try measurement(min(count, count / 16 + 4), port)
        let start = try measurement(count, port)
        let seconds = Double(MonotonicTime.now.nanoseconds(since: start)) / 1e9
        print(String(format: "%.1f", Double(count) / seconds))
    }

    // Each answers when it began, its memory made.

    private static func write(_ count: Int, to port: Peripheral) throws -> MonotonicTime {
        let buffer = TransferBuffer(count: count)
        let start = MonotonicTime.now
        let finished = port.write(buffer).wait()
        if let error = finished.error { throw error }
        return start
    }

    private static func read(_ count: Int, from port: Peripheral) throws -> MonotonicTime {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        defer { buffer.deallocate() }
        let start = MonotonicTime.now
        _ = try port.read(into: buffer)
        return start
    }

    private static func exchange(_ count: Int, over port: Peripheral) throws -> MonotonicTime {
        let sent: [UInt8] = [0x9F, 0, 0, 0]
        var received = [UInt8](repeating: 0, count: 4)
        let start = MonotonicTime.now
        for _ in 0..<count {
            var span = received.mutableSpan
            var bytes = span.mutableBytes
            try port.exchange(sent.span.bytes, into: &bytes)
        }
        guard received == sent else { throw PeripheralError.refused(.badValue("the wire changed what was sent")) }
        return start
    }
}
