import Glibc
import PeripheralIO
import RTOS
import VirtualHardware

/// Writes to a port again and again, and says from which memory: something for `scripts/prove-zero-copy` and
/// `scripts/prove-no-allocation` to look at from outside.
///
///     TransferProbe STYLE DEVICE WRITES BYTES [FIRST]
///
/// `DEVICE` is an address, or `pty` for a pty whose far end is read empty. `STYLE` is one of those below. `FIRST` is the
/// size of one write before the others, from a buffer of its own: large enough, it has to wait for the device.
@main
struct TransferProbe {
    enum Style: String, CaseIterable {
        /// Zero copy in the manner of FreeRTOS+IO.
        case callerMemory = "caller-memory"
        /// Zero copy with a buffer that each write consumes and gives back.
        case ownedBuffer = "owned-buffer"
        /// Zero copy with a new buffer for each write, which is allocated for it.
        case freshBuffer = "fresh-buffer"
        case polled
        case characterQueue = "character-queue"
    }

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard (4...5).contains(arguments.count), let style = Style(rawValue: arguments[1]),
            let writes = Int(arguments[3]),
            let size = Int(arguments[4]), writes > 0, size > 0
        else {
            print("usage: TransferProbe STYLE DEVICE WRITES BYTES [FIRST]")
            print("styles: \(Style.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(2)
        }
        let first = arguments.count == 5 ? Int(arguments[5]) : nil
        let pty = arguments[2] == "pty" ? PtyPair() : nil
        let port = try Peripheral(pty?.path ?? arguments[2])
        let farEnd = pty.map(drain)

        // Written whole before the first transfer, so that nothing of the printing falls among the writes.
        var buffer = TransferBuffer(count: size)
        let memory = UnsafeRawBufferPointer(buffer.transferMemory)
        print("port \(port.name)")
        print("memory \(UInt(bitPattern: memory.baseAddress!)) \(memory.count)")
        fflush(nil)

        try prepare(port, style, queue: size)
        if let first {
            var buffer = TransferBuffer(count: first)
            try write(style, &buffer, times: 1, to: port)
        }
        try write(style, &buffer, times: writes, to: port)
        port.close()
        // Or what its end allocates would be counted in one run and not in another.
        farEnd?.join()
    }

    private static func prepare(_ port: Peripheral, _ style: Style, queue: Int) throws {
        switch style {
        case .callerMemory, .ownedBuffer, .freshBuffer: try port.control(.useZeroCopyTX)
        case .characterQueue: try port.control(.useCharacterQueueTX(length: queue))
        case .polled: break
        }
    }

    private static func write(
        _ style: Style, _ buffer: inout TransferBuffer, times: Int, to port: Peripheral
    ) throws {
        switch style {
        case .callerMemory:
            for _ in 0..<times {
                try port.control(.obtainWriteMutex(.forever))
                _ = try port.startWrite(unretained: UnsafeRawBufferPointer(buffer.transferMemory))
            }
        case .ownedBuffer:
            for _ in 0..<times {
                let finished = port.write(buffer).wait()
                let error = finished.error
                buffer = finished.takeBuffer()
                if let error { throw error }
            }
        case .freshBuffer:
            for _ in 0..<times {
                if let error = port.write(TransferBuffer(count: buffer.count)).wait().error { throw error }
            }
        case .polled, .characterQueue:
            for _ in 0..<times { _ = try port.write(buffer.bytes) }
        }
        if style != .polled { try port.control(.waitPreviousWriteComplete(.forever)) }
    }

    /// Reads the far end empty until the port is closed.
    private static func drain(_ pty: PtyPair) -> RTOSThread {
        RTOSThread.startJoinable(name: "far end") {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 64)
            while pty.readSome(into: buffer) != nil {}
            buffer.deallocate()
        }
    }
}
