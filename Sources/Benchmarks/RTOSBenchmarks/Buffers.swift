import CRTOSPeer
import PairedBenchmarks
import RTOS
import Synchronization

func registerBuffers() {
    for size in [10, 20, 123, 1024] {
        for kind in BufferKind.allCases {
            Contest(
                name: "\(kind.rawValue), \(size) B", peerName: "ideal ring", target: "≥ 0.9",
                ours: { count in kind.time(size: size, count: count) },
                peer: { count in
                    ideal_ring_time(
                        BufferKind.capacity, size, kind == .messageBuffer ? 1 : 0, count, Places.pairs(1))
                }
            ).register()
        }
    }
}

enum BufferKind: String, CaseIterable {
    case messageBuffer = "Message buffer"
    case streamBuffer = "Stream buffer"

    static let capacity = 65536

    /// Nanoseconds for so many messages; 0 if one was not what was sent.
    func time(size: Int, count: UInt64) -> UInt64 {
        switch self {
        case .messageBuffer: MessageBuffer(capacity: Self.capacity).time(size: size, count: count)
        case .streamBuffer: StreamBuffer(capacity: Self.capacity).time(size: size, count: count)
        }
    }
}

/// What both kinds can do: one loop for both, compiled for each.
private protocol ByteBuffer: AnyObject, Sendable {
    func send(_ bytes: UnsafeRawBufferPointer, timeout: Timeout) -> Int
    func receive(into buffer: UnsafeMutableRawBufferPointer, timeout: Timeout) -> Int
}

extension MessageBuffer: ByteBuffer {}
extension StreamBuffer: ByteBuffer {}

extension ByteBuffer {
    fileprivate func time(size: Int, count: UInt64) -> UInt64 {
        let hasFailed = Atomic(false)
        let time = timeCrew(on: Places.pairs(1)) { thread in
            withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { message in
                message.initializeMemory(as: UInt8.self, repeating: 0x55)
                let isRight = thread == 0 ? send(message, count) : receive(message, count)
                if !isRight { hasFailed.store(true, ordering: .relaxed) }
            }
        }
        return hasFailed.load(ordering: .relaxed) ? 0 : time
    }

    private func send(_ message: UnsafeMutableRawBufferPointer, _ count: UInt64) -> Bool {
        var isRight = true
        for number in 0..<count {
            message.storeBytes(of: number, as: UInt64.self)
            if send(UnsafeRawBufferPointer(message), timeout: .forever) != message.count { isRight = false }
        }
        return isRight
    }

    private func receive(_ message: UnsafeMutableRawBufferPointer, _ count: UInt64) -> Bool {
        var isRight = true
        for number in 0..<count {
            let length = receive(into: message, timeout: .forever)
            if length != message.count || message.load(as: UInt64.self) != number { isRight = false }
        }
        return isRight
    }
}
