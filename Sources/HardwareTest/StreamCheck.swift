import Crypto

/// What came back, explained and digested, without keeping it.
struct StreamCheck {
    private var digest = SHA256()
    private(set) var aligner: StreamAligner
    private(set) var count = 0

    init(_ aligner: StreamAligner) {
        self.aligner = aligner
    }

    mutating func check(_ received: UnsafeRawBufferPointer) {
        digest.update(bufferPointer: received)
        aligner.receive(received)
        count += received.count
    }

    /// A transfer of a clocked bus, which sent these places of the pattern.
    mutating func check(_ received: UnsafeRawBufferPointer, transfer places: Range<Int>) {
        aligner.beginTransfer(places)
        check(received)
        aligner.endTransfer()
    }

    mutating func finish(sent: Int) {
        aligner.finish(sent: sent)
    }

    var sha256: String { Self.hex(digest.finalize()) }

    /// The digest of what the pattern sends.
    static func sha256(of pattern: Pattern, count: Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 64) { scratch in
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
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
