import PeripheralIO
import RTOS

/// Sends framed packets of random length from a pool through a mailbox to the wire, and from the wire through a framer
/// to a queue, and checks the order and the content of what comes back.
public struct PacketLoopbackTest: Sendable {
    public var framing: PacketFraming
    /// Bytes to send, without the framing; the last packet may go past them.
    public var count: Int
    /// Bytes in the longest packet, 4…65535.
    public var longest: Int
    /// Lengths and contents repeat exactly from it.
    public var seed: UInt64
    /// Ends the test when nothing has come for this long.
    public var timeout: Timeout
    /// Called now and then, from a thread of the test, with the number of bytes that are back.
    public var onProgress: (@Sendable (Int) -> Void)?
    /// Asked some times a second; once true, nothing more is sent, and the test ends with what is back within a second.
    /// What is still out then is left out of the count.
    public var shouldStop: (@Sendable () -> Bool)?

    public init(
        framing: PacketFraming = .cobs, count: Int, longest: Int = 256, seed: UInt64 = 1,
        timeout: Timeout = .milliseconds(5000)
    ) {
        self.framing = framing
        self.count = count
        self.longest = longest
        self.seed = seed
        self.timeout = timeout
    }

    public static let longestRange = NumberedPackets.shortest...65_535

    /// Runs on an open peripheral, whose transfer modes it chooses, and blocks until all is back or the time is over.
    /// A peripheral that still has packets to send when the time is over is closed: nothing else ends a stuck line.
    ///
    /// - Throws: what the peripheral throws; wrong and lost packets are not thrown but counted.
    public func run(on port: Peripheral) throws(PeripheralError) -> PacketLoopbackResult {
        precondition(Self.longestRange.contains(longest))
        switch framing {
        case .cobs:
            var loopback = try PacketLoopback(self, port, COBSEncoder(), COBSDecoder())
            return try loopback.run()
        case .slip:
            var loopback = try PacketLoopback(self, port, SLIPEncoder(), SLIPDecoder())
            return try loopback.run()
        case .startEnd:
            // STX, ETX and DLE of ASCII.
            let bytes = StartEndFraming(start: 0x02, end: 0x03, escape: 0x10, keepsDelimiters: false)
            var loopback = try PacketLoopback(self, port, StartEndEncoder(bytes), StartEndDecoder(bytes))
            return try loopback.run()
        case .length:
            let prefix = LengthPrefixFraming(width: 2, longest: longest)
            var loopback = try PacketLoopback(self, port, LengthPrefixEncoder(prefix), LengthPrefixDecoder(prefix))
            return try loopback.run()
        }
    }
}
