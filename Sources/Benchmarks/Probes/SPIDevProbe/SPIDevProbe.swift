import Foundation
import PeripheralIO

/// What the lab tries a spidev node with: `SPIDevProbe URL flash ADDRESS COUNT` writes a flash's content to stdout, read
/// under one chip select; `SPIDevProbe URL words|segments|frame COUNT` does so many transactions of 4 bytes, of 8
/// segments with 4 bytes each, or of 1 MiB, checks them if MOSI is wired to MISO, and prints how many nanoseconds they
/// took.
@main
enum SPIDevProbe {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            fail("\(error)", 1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        guard arguments.count > 2, let number = Int(arguments[2]) else {
            fail("usage: SPIDevProbe URL flash ADDRESS COUNT | words COUNT | segments COUNT | frame COUNT", 2)
        }
        let port = try Peripheral(arguments[0])
        defer { port.close() }
        switch arguments[1] {
        case "flash": try readFlash(port, at: number, count: Int(arguments[3]) ?? 0)
        case "words": try time(port, bytes: 4, parts: 1, transactions: number)
        case "segments": try time(port, bytes: 4, parts: 8, transactions: number)
        default: try time(port, bytes: 1 << 20, parts: 1, transactions: number)
        }
    }

    private static func fail(_ message: String, _ status: Int32) -> Never {
        FileHandle.standardError.write(Data("SPIDevProbe: \(message)\n".utf8))
        exit(status)
    }

    private static func readFlash(_ port: Peripheral, at address: Int, count: Int) throws {
        let command: [UInt8] = [0x03, UInt8(address >> 16), UInt8(address >> 8 & 0xFF), UInt8(address & 0xFF)]
        var content = [UInt8](repeating: 0, count: count)
        var span = content.mutableSpan
        var raw = span.mutableBytes
        try port.transaction(sending: command.span.bytes, receiving: &raw)
        try FileHandle.standardOutput.write(contentsOf: content)
    }

    private static func time(_ port: Peripheral, bytes: Int, parts: Int, transactions: Int) throws {
        let count = bytes * parts
        let sent = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
        let received = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
        for place in 0..<count { sent[place] = UInt8(truncatingIfNeeded: place &* 31 &+ place >> 8) }
        let segments = (0..<parts).map { part in
            SPISegment(
                sent: sent.baseAddress! + part * bytes, received: received.baseAddress! + part * bytes, count: bytes)
        }
        // What is done for the first time takes long where code is translated as it runs.
        for _ in 0..<(parts * bytes > 4096 ? 1 : 500) { try port.transaction(unretained: segments) }
        var (start, end) = (timespec(), timespec())
        clock_gettime(CLOCK_MONOTONIC, &start)
        for _ in 0..<transactions { try port.transaction(unretained: segments) }
        clock_gettime(CLOCK_MONOTONIC, &end)
        guard memcmp(sent.baseAddress!, received.baseAddress!, count) == 0 else {
            fail("what came back is not what went out", 1)
        }
        print((end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec)
    }
}
