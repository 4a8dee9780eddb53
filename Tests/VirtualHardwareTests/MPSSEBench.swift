import RTOS

@testable import VirtualHardware

extension MPSSEEngine {
    /// Sends bytes, all of which must fit.
    mutating func send(_ bytes: [UInt8], at now: MonotonicTime = start) -> Int {
        bytes.withUnsafeBytes { write($0, at: now) }
    }

    /// What can be read by `now`.
    mutating func replies(at now: MonotonicTime) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: Self.fifoCapacity)
        let count = buffer.withUnsafeMutableBytes { read(into: $0, at: now) }
        return Array(buffer.prefix(count))
    }

    /// Runs a stream of any length to its end, reading what comes, and answers that.
    mutating func run(_ bytes: [UInt8], at begin: MonotonicTime = start, chunk: Int = .max) -> [UInt8] {
        var (now, sent, received) = (begin, 0, [UInt8]())
        while true {
            let step = sent + min(chunk, bytes.count - sent)
            sent += bytes[sent..<step].withUnsafeBytes { write($0, at: now) }
            received += replies(at: now)
            if let next = nextChange() {
                now = max(now, next)
            } else if sent == bytes.count, replyCount == 0 {
                return received
            }
        }
    }
}

/// Drives DI with one bit after another: the first at once, the next after each edge of the direction given.
struct BitSource: PinDevice {
    var bits: [Bool]
    let changesOnRising: Bool
    private var place: Int

    init(_ bits: [Bool], changesOnRising: Bool) {
        self.bits = bits
        self.changesOnRising = changesOnRising
        // When SCK becomes an output it falls from its pull-up.
        place = changesOnRising ? 0 : -1
    }

    var drive: PinDrive {
        PinDrive(.dataIn, levels: bits.indices.contains(place) && bits[place] ? .dataIn : [])
    }

    mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime) {
        let hasEdge = old.contains(.clock) != new.contains(.clock)
        if hasEdge, new.contains(.clock) == changesOnRising { place += 1 }
    }
}

/// The bits of bytes in the order in which they cross the wire.
func bits(_ bytes: [UInt8], leastSignificantFirst: Bool, count: Int = .max) -> [Bool] {
    Array(
        bytes.flatMap { byte in
            (0..<8).map { byte >> UInt8(leastSignificantFirst ? $0 : 7 - $0) & 1 != 0 }
        }.prefix(count))
}

/// Opcodes that set the pins up for SPI with SCK resting at this level, chip select released, at this rate.
func setUp(clockHigh: Bool = false, divisor: UInt16 = 0, base60MHz: Bool = true) -> [UInt8] {
    [
        base60MHz ? 0x8A : 0x8B, 0x86, UInt8(truncatingIfNeeded: divisor), UInt8(divisor >> 8), 0x80,
        clockHigh ? 0x09 : 0x08, 0x0B,
    ]
}

let chipSelectLow: [UInt8] = [0x80, 0x00, 0x0B]
let chipSelectHigh: [UInt8] = [0x80, 0x08, 0x0B]
