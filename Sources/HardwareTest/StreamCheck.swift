import Crypto
import Foundation

/// Compares what comes back with what was sent, place by place, without keeping either.
struct StreamCheck {
    private let pattern: Pattern
    private var digest = SHA256()
    private var expected: UnsafeMutableRawBufferPointer

    private(set) var count = 0
    /// Bytes that differ from what was sent in their place.
    private(set) var errors = 0
    private(set) var firstError: Int?

    /// - Parameter scratch: memory for a stretch of the pattern; the caller frees it.
    init(_ pattern: Pattern, scratch: UnsafeMutableRawBufferPointer) {
        self.pattern = pattern
        expected = scratch
    }

    mutating func check(_ received: UnsafeRawBufferPointer) {
        digest.update(bufferPointer: received)
        var done = 0
        while done < received.count {
            let step = min(expected.count, received.count - done)
            let wanted = UnsafeMutableRawBufferPointer(rebasing: expected[..<step])
            pattern.fill(wanted, from: count)
            let part = UnsafeRawBufferPointer(rebasing: received[done..<done + step])
            if memcmp(wanted.baseAddress!, part.baseAddress!, step) != 0 { countErrors(wanted, part) }
            count += step
            done += step
        }
    }

    private mutating func countErrors(_ wanted: UnsafeMutableRawBufferPointer, _ part: UnsafeRawBufferPointer) {
        for place in 0..<part.count where wanted[place] != part[place] {
            errors += 1
            if firstError == nil { firstError = count + place }
        }
    }

    var sha256: String { Self.hex(digest.finalize()) }

    /// The digest of what the pattern sends.
    static func sha256(of pattern: Pattern, count: Int, scratch: UnsafeMutableRawBufferPointer) -> String {
        var digest = SHA256()
        var done = 0
        while done < count {
            let part = UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(scratch.count, count - done)])
            pattern.fill(part, from: done)
            digest.update(bufferPointer: UnsafeRawBufferPointer(part))
            done += part.count
        }
        return hex(digest.finalize())
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
