import RTOS
import Synchronization

@testable import PeripheralIO

/// Where memory is and how long: for comparing, never for looking in.
struct MemoryRange: Hashable, Sendable {
    var address: UInt
    var count: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        address = UInt(bitPattern: bytes.baseAddress)
        count = bytes.count
    }

    init(_ segment: Segment) {
        address = UInt(bitPattern: segment.transmit)
        count = segment.count
    }
}

/// Notes what passes a boundary, in order.
final class Recorder<Value: Sendable>: Sendable {
    private let notes = Mutex<[Value]>([])

    func note(_ value: Value) { notes.withLock { $0.append(value) } }
    var all: [Value] { notes.withLock { $0 } }
}
