import Foundation
import VirtualHardware

/// What a loopback test sends: bytes that can be told again from their place alone, so that nothing has to be kept.
public enum Pattern: Sendable {
    /// 00, 01, … FF, and again: all bytes.
    case counter
    /// 55, AA, and again: the fastest toggling there is.
    case alternating
    /// 01, 02, 04, … 80, and again: one wire at a time.
    case walkingOnes
    /// FE, FD, FB, … 7F, and again.
    case walkingZeros
    /// What bit error testers send.
    case prbs(PRBS)
    /// Random bytes that repeat exactly from a seed.
    case random(seed: UInt64)
    /// A file's content, and again.
    case file(Data)

    /// The names for the command line.
    public static let names = [
        "random", "prbs7", "prbs15", "prbs23", "prbs31", "counter", "walking-ones", "walking-zeros", "alternating",
    ]

    public init?(name: String, seed: UInt64 = 1) {
        switch name {
        case "counter": self = .counter
        case "alternating": self = .alternating
        case "walking-ones": self = .walkingOnes
        case "walking-zeros": self = .walkingZeros
        case "random": self = .random(seed: seed)
        case "prbs7": self = .prbs(.prbs7)
        case "prbs15": self = .prbs(.prbs15)
        case "prbs23": self = .prbs(.prbs23)
        case "prbs31": self = .prbs(.prbs31)
        default: return nil
        }
    }

    /// The name that `init(name:seed:)` takes; of a file, `file`.
    public var name: String {
        switch self {
        case .counter: "counter"
        case .alternating: "alternating"
        case .walkingOnes: "walking-ones"
        case .walkingZeros: "walking-zeros"
        case .prbs(let sequence): "prbs\(sequence.order)"
        case .random: "random"
        case .file: "file"
        }
    }

    /// Puts the pattern's bytes from `position` on into `buffer`.
    public func fill(_ buffer: UnsafeMutableRawBufferPointer, from position: Int) {
        switch self {
        case .counter:
            for place in 0..<buffer.count { buffer[place] = UInt8(truncatingIfNeeded: position &+ place) }
        case .alternating:
            for place in 0..<buffer.count { buffer[place] = (position &+ place) & 1 == 0 ? 0x55 : 0xAA }
        case .walkingOnes:
            for place in 0..<buffer.count { buffer[place] = 1 << UInt8(truncatingIfNeeded: (position &+ place) & 7) }
        case .walkingZeros:
            for place in 0..<buffer.count { buffer[place] = ~(1 << UInt8(truncatingIfNeeded: (position &+ place) & 7)) }
        case .prbs(let sequence):
            sequence.fill(buffer, from: position)
        case .random(let seed):
            fillRandom(buffer, from: position, seed: seed)
        case .file(let data):
            fillRepeating(buffer, from: position, data)
        }
    }

    /// Eight bytes of the stream come from one number, which its place in the stream gives.
    private func fillRandom(_ buffer: UnsafeMutableRawBufferPointer, from position: Int, seed: UInt64) {
        var place = 0
        while place < buffer.count {
            let absolute = position &+ place
            var word = SeededGenerator(seed: seed, skipping: UInt64(absolute / 8)).nextWord()
            word >>= UInt64(absolute % 8) * 8
            let step = min(8 - absolute % 8, buffer.count - place)
            for byte in 0..<step { buffer[place + byte] = UInt8(truncatingIfNeeded: word >> (UInt64(byte) * 8)) }
            place += step
        }
    }

    private func fillRepeating(_ buffer: UnsafeMutableRawBufferPointer, from position: Int, _ data: Data) {
        data.withUnsafeBytes { content in
            var place = 0
            while place < buffer.count {
                let start = (position &+ place) % content.count
                let step = min(content.count - start, buffer.count - place)
                (buffer.baseAddress! + place).copyMemory(from: content.baseAddress! + start, byteCount: step)
                place += step
            }
        }
    }
}

extension SeededGenerator {
    /// The number at the present place, for those who want only one.
    fileprivate func nextWord() -> UInt64 {
        var generator = self
        return generator.next()
    }
}
