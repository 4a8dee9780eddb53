import Foundation
import PeripheralIO
import RTOS

/// Bulk writes, bulk reads and small exchanges over an SPI device, as the lab measures them against others:
///
///     FTDIProbe URL write|read|exchange|batch COUNT
///
/// COUNT is in bytes, for exchanges in exchanges of four bytes: each waited for, or handed over a hundred at once, with
/// chip select released behind each. Prints how many a second.
@main
enum FTDIProbe {
    static func main() throws {
        guard CommandLine.arguments.count == 4, let count = Int(CommandLine.arguments[3]), count > 0 else {
            FileHandle.standardError.write(Data("usage: FTDIProbe URL write|read|exchange|batch COUNT\n".utf8))
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
        case "batch": measurement = exchangeInBatches
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

    private static func exchangeInBatches(_ count: Int, over port: Peripheral) throws -> MonotonicTime {
        let batch = 100
        let from = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * batch, alignment: 64)
        let to = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * batch, alignment: 64)
        defer {
            from.deallocate()
            to.deallocate()
        }
        from.copyBytes(from: from.indices.map { UInt8(truncatingIfNeeded: $0) })
        _ = to.initializeMemory(as: UInt8.self, repeating: 0xFF)
        let segments = stride(from: 0, to: 4 * batch, by: 4).map { place in
            var segment = SPISegment(sent: from.baseAddress! + place, received: to.baseAddress! + place, count: 4)
            segment.pulsesChipSelect = true
            return segment
        }
        let start = MonotonicTime.now
        for done in stride(from: 0, to: count, by: batch) {
            try port.transaction(unretained: Array(segments.prefix(count - done)))
        }
        guard from.prefix(4 * min(count, batch)).elementsEqual(to.prefix(4 * min(count, batch))) else {
            throw PeripheralError.refused(.badValue("the wire changed what was sent"))
        }
        return start
    }
}
