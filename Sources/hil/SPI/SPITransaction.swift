/// What happens under one chip select: bytes are sent, received, or waited for, in this order.
struct SPITransaction: Hashable {
    enum Part: Hashable {
        case send([UInt8])
        /// So many bytes come in while dummy bytes go out.
        case receive(Int)
        /// Nanoseconds in which the clock stands still.
        case wait(UInt64)
    }

    var parts: [Part] = []
    /// How often it is done.
    var count = 1

    /// True if it asks for bytes; one that does not is full duplex, and all that comes in is its answer.
    var receives: Bool {
        parts.contains { if case .receive = $0 { true } else { false } }
    }

    /// All that it sends.
    var sent: [UInt8] {
        parts.flatMap { if case .send(let bytes) = $0 { bytes } else { [UInt8]() } }
    }

    /// Bytes on the wire.
    var length: Int {
        parts.reduce(0) { sum, part in
            switch part {
            case .send(let bytes): sum + bytes.count
            case .receive(let count): sum + count
            case .wait: sum
            }
        }
    }

    /// Nanoseconds in which the clock stands still.
    var waiting: UInt64 {
        parts.reduce(0) { sum, part in if case .wait(let nanoseconds) = part { sum + nanoseconds } else { sum } }
    }

    /// Puts bytes behind what it sends.
    mutating func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        guard case .send(let before)? = parts.last else { return parts.append(.send(bytes)) }
        parts[parts.count - 1] = .send(before + bytes)
    }
}
