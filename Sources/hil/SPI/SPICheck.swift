/// Whether what came in is what was to come in, and how fast it went.
struct SPICheck {
    private let expected: [UInt8]?
    private let comparesLoopback: Bool
    private var received: [UInt8] = []
    private var (count, bytes) = (0, 0)
    private var loopbackDifference: String?

    /// - Parameters:
    ///   - expected: all that is to come in; nil if anything may.
    ///   - comparesLoopback: what is sent is to come back.
    init(expected: [UInt8]?, comparesLoopback: Bool) {
        self.expected = expected
        self.comparesLoopback = comparesLoopback
    }

    mutating func add(_ transaction: SPITransaction, received: [UInt8]) {
        count += 1
        bytes += transaction.length
        if expected != nil { self.received += received }
        guard comparesLoopback, !transaction.receives, loopbackDifference == nil else { return }
        loopbackDifference = Self.difference(transaction.sent, received).map { "transaction \(count): \($0)" }
    }

    /// What is wrong, in a line; nil if nothing is.
    var difference: String? {
        loopbackDifference ?? expected.flatMap { Self.difference($0, received) }
    }

    static func difference(_ expected: [UInt8], _ received: [UInt8]) -> String? {
        if let place = zip(expected, received).enumerated().first(where: { $1.0 != $1.1 })?.offset {
            let (wanted, came) = (HexDump.plain([expected[place]]), HexDump.plain([received[place]]))
            return "byte \(place) came in as \(came), not \(wanted)"
        }
        return expected.count == received.count ? nil : "\(received.count) bytes came in, not \(expected.count)"
    }

    /// How much, how long, how fast.
    func rate(during time: Duration) -> String {
        let seconds = max(time / .seconds(1), 1e-9)
        let kilobytes = Int((Double(bytes) / seconds / 1000).rounded())
        return "\(LoopbackText.grouped(bytes)) bytes in \(LoopbackText.grouped(count)) transactions, "
            + "\(LoopbackText.grouped(kilobytes)) kB/s"
    }
}
