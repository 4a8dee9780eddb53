import FuzzDriver
import Glibc
import VirtualHardware

// The first byte says how the stream is split, and whether the device is imported at once.
let result = fuzz { bytes, count in
    guard count > 1, let bytes else { return 0 }
    var parser = USBIPParser()
    parser.isAttached = bytes[0] & 0x80 != 0
    let step = Int(bytes[0] & 0x7F) + 1
    let stream = UnsafeRawBufferPointer(start: bytes + 1, count: count - 1)
    for start in Swift.stride(from: 0, to: stream.count, by: step) {
        parser.append(stream[start..<min(start + step, stream.count)])
        while let request = try? parser.next() {
            if case .importDevice = request { parser.isAttached = true }
        }
    }
    return 0
}
exit(result)
