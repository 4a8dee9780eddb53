import PeripheralIO
import RTOS

/// What a loopback test with packets found, all of it measured in that run.
public struct PacketLoopbackResult: Hashable, Sendable, Codable {
    public var device: String
    public var isSPI: Bool
    /// False for a port without a wire.
    public var hasWire: Bool
    /// Bits per second in force; nil without a wire.
    public var bitRate: UInt32?
    public var framing: PacketFraming

    public var packetsSent: Int
    /// Packets that came back as they were sent, in order.
    public var packetsReceived: Int
    /// Bytes in them, without the framing.
    public var bytesReceived: Int
    /// Packets that were delivered and are not what was sent.
    public var packetsDamaged: Int
    /// Packets that were delivered whole, but a second time or behind a later one.
    public var packetsOutOfOrder: Int
    /// Packets that were never delivered, whatever became of them.
    public var packetsLost: Int

    /// Nothing came for too long.
    public var timedOut: Bool
    public var seconds: Double
    /// The time that the framed bytes need on the wire, as a part of the time that the test took; nil without a wire.
    public var wireShare: Double?
    /// From the call that puts a packet into the mailbox until the firmware has it from the queue.
    public var latency: LatencyRecord.Summary?
    /// From a packet's last byte until the firmware has it from the queue.
    public var delivery: LatencyRecord.Summary?

    /// How full things ever were.
    public struct HighestUsed: Hashable, Sendable, Codable {
        /// Blocks of the mailbox that were being filled, in it or on the wire, of `mailboxCapacity`.
        public var mailbox: Int
        public var mailboxCapacity: Int
        /// Blocks of the receiver's pool.
        public var pool: Int
        public var poolCapacity: Int
        /// Packets in the queue, and so nodes of its message pool.
        public var queue: Int
        public var queueCapacity: Int
    }
    public var highestUsed: HighestUsed

    /// Packets that the receiver threw away, for each reason.
    public struct Drops: Hashable, Sendable, Codable {
        public var noBlock: UInt64
        public var queueFull: UInt64
        public var overlong: UInt64
        public var lineError: UInt64
        public var truncated: UInt64
        public var badEscape: UInt64

        public var total: UInt64 { noBlock + queueFull + overlong + lineError + truncated + badEscape }

        init(_ statistics: PacketReceptionStatistics) {
            noBlock = statistics.faults[.noBlock]
            queueFull = statistics.refused
            overlong = statistics.faults[.overlong]
            lineError = statistics.faults[.lineError]
            truncated = statistics.faults[.truncated]
            badEscape = statistics.faults[.badEscape]
        }
    }
    public var drops: Drops
    /// Packets that the kernel or the device wrote to where they stayed.
    public var packetsUncopied: UInt64

    /// Every packet came back as it was sent, once and in order.
    public var isGood: Bool {
        !timedOut && packetsReceived == packetsSent && packetsDamaged == 0 && packetsOutOfOrder == 0 && drops.total == 0
    }

    public var packetsPerSecond: Double { seconds > 0 ? Double(packetsReceived) / seconds : 0 }
    public var bytesPerSecond: Double { seconds > 0 ? Double(bytesReceived) / seconds : 0 }
}

/// How packets are told from one another on the wire.
public enum PacketFraming: String, CaseIterable, Sendable, Codable {
    case cobs
    case slip
    /// A start byte, an end byte, and an escape before each of them in the data.
    case startEnd = "start-end"
    /// Two bytes of length in front.
    case length
}
