import Glibc
import PeripheralIO
import RTOS
import VirtualHardware

/// Writes to a port again and again, and says from which memory: something for `scripts/prove-zero-copy` and
/// `scripts/prove-no-allocation` to look at from outside.
///
///     TransferProbe STYLE DEVICE WRITES BYTES
///
/// `DEVICE` is an address, or `pty` for a pty whose far end is read empty. `STYLE` is one of those below.
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
        guard arguments.count == 4, let style = Style(rawValue: arguments[1]), let writes = Int(arguments[3]),
            let size = Int(arguments[4]), writes > 0, size > 0
        else {
            print("usage: TransferProbe STYLE DEVICE WRITES BYTES")
            print("styles: \(Style.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(2)
        }
        let pty = arguments[2] == "pty" ? PtyPair() : nil
        let port = try Peripheral(pty?.path ?? arguments[2])
        if let pty { drain(pty) }

        // Written whole before the first transfer, so that nothing of the printing falls among the writes.
        var buffer = TransferBuffer(count: size)
        let memory = UnsafeRawBufferPointer(buffer.transferMemory)
        print("port \(port.name)")
        print("memory \(UInt(bitPattern: memory.baseAddress!)) \(memory.count)")
        fflush(nil)

        switch style {
        case .callerMemory:
            try port.control(.useZeroCopyTX)
            for _ in 0..<writes {
                try port.control(.obtainWriteMutex(.forever))
                _ = try port.startWrite(unretained: memory)
            }
            try port.control(.waitPreviousWriteComplete(.forever))
        case .ownedBuffer:
            try port.control(.useZeroCopyTX)
            for _ in 0..<writes {
                let finished = port.write(buffer).wait()
                if let error = finished.error { throw error }
                buffer = finished.takeBuffer()
            }
        case .freshBuffer:
            try port.control(.useZeroCopyTX)
            for _ in 0..<writes {
                if let error = port.write(TransferBuffer(count: size)).wait().error { throw error }
            }
        case .polled:
            for _ in 0..<writes { _ = try port.write(buffer.bytes) }
        case .characterQueue:
            try port.control(.useCharacterQueueTX(length: size))
            for _ in 0..<writes { _ = try port.write(buffer.bytes) }
            try port.control(.waitPreviousWriteComplete(.forever))
        }
        port.close()
    }

    /// Reads the far end empty until the port is closed.
    private static func drain(_ pty: PtyPair) {
        RTOSThread.start(name: "far end") {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 64)
            while pty.readSome(into: buffer) != nil {}
            buffer.deallocate()
        }
    }
}
