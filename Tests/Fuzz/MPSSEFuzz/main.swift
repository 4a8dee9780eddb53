import FuzzDriver
import Glibc
import RTOS
import VirtualHardware

// The first byte says how the stream is split and how long the host waits between the parts; the rest are opcodes.
let result = fuzz { bytes, count in
    guard count > 1, let bytes else { return 0 }
    let flash = SPIPins(NORFlash(FlashIdentity(manufacturer: 1, memoryType: 2, capacityCode: 0x10)!, timing: .instant))
    var engine = MPSSEEngine(wiring: PinWiring([flash]))
    let step = Int(bytes[0] & 0x3F) + 1
    let pause = UInt64(1) << UInt64(bytes[0] >> 6 * 8)
    var now = MonotonicTime(nanoseconds: 0)
    let stream = UnsafeRawBufferPointer(start: bytes + 1, count: count - 1)
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { reply in
        for start in Swift.stride(from: 0, to: stream.count, by: step) {
            _ = engine.write(.init(rebasing: stream[start..<min(start + step, stream.count)]), at: now)
            now = now.advanced(byNanoseconds: pause)
            _ = engine.read(into: reply, at: now)
        }
        // What is left, and what waits for a reader.
        for _ in 0..<8 {
            now = now.advanced(byNanoseconds: 1_000_000)
            _ = engine.read(into: reply, at: now)
        }
    }
    return 0
}
exit(result)
