import Glibc

/// Which bit of a byte is the first on the wire.
public enum BitOrder: Hashable, Sendable {
    /// As SPI has it, unless told otherwise.
    case mostSignificantFirst
    /// As a serial port has it.
    case leastSignificantFirst
}

/// A stretch of what was sent, which can be looked at from any bit on.
struct PatternWindow: Sendable {
    private let pattern: Pattern
    private let order: BitOrder
    private var memory: [UInt8] = []
    /// The place of the first byte in the stream.
    private var start = 0

    init(_ pattern: Pattern, order: BitOrder) {
        self.pattern = pattern
        self.order = order
    }

    /// Moves the window to the bytes from `start` on. Before the first byte of the stream there are zeros.
    mutating func load(from start: Int, count: Int) {
        self.start = start
        if memory.count < count { memory += [UInt8](repeating: 0, count: count - memory.count) }
        let missing = min(count, max(0, -start))
        for place in 0..<missing { memory[place] = 0 }
        memory.withUnsafeMutableBytes { memory in
            pattern.fill(UnsafeMutableRawBufferPointer(rebasing: memory[missing..<count]), from: start + missing)
        }
    }

    /// The eight bits from a bit of the stream on. The window holds them.
    func byte(atBit bit: Int) -> UInt8 {
        let place = (bit >> 3) - start
        let offset = UInt8(bit & 7)
        if offset == 0 { return memory[place] }
        return switch order {
        case .mostSignificantFirst: memory[place] << offset | memory[place + 1] >> (8 - offset)
        case .leastSignificantFirst: memory[place] >> offset | memory[place + 1] << (8 - offset)
        }
    }

    /// How many of the bytes are those of the stream from `bit` on, before the first that is not. The window holds as
    /// many, and one more.
    func commonPrefix(with bytes: UnsafeRawBufferPointer, atBit bit: Int) -> Int {
        if bit & 7 == 0 {
            let isSame = memory.withUnsafeBytes { memory in
                memcmp(memory.baseAddress! + ((bit >> 3) - start), bytes.baseAddress!, bytes.count) == 0
            }
            if isSame { return bytes.count }
        }
        var place = 0
        while place < bytes.count, byte(atBit: bit + 8 * place) == bytes[place] { place += 1 }
        return place
    }

    /// Where in the stream, within the first `count` bytes of the window, `key` occurs: the first place, or the last.
    func find(_ key: [UInt8], within count: Int, last: Bool) -> Int? {
        memory.withUnsafeBytes { memory in
            var found: Int?
            var from = 0
            while from + key.count <= count,
                let hit = memchr(memory.baseAddress! + from, Int32(key[0]), count - from - key.count + 1)
            {
                let place = UnsafeRawPointer(hit) - memory.baseAddress!
                if memcmp(hit, key, key.count) == 0 {
                    found = place
                    guard last else { break }
                }
                from = place + 1
            }
            return found.map { start + $0 }
        }
    }
}
