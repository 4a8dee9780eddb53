import PeripheralIO

/// What a loopback test found, all of it measured in that run.
public struct LoopbackResult: Hashable, Sendable, Codable {
    public var device: String
    public var isSPI: Bool
    /// False for a port without a wire, where completion means handed over.
    public var hasWire: Bool
    /// Bits per second in force; nil without a wire.
    public var bitRate: UInt32?
    /// The name of what was sent.
    public var pattern: String
    /// Bytes in a transfer.
    public var transferSize: Int
    public var bytesSent: Int
    public var bytesReceived: Int
    /// Bytes that came back different, or not at all, or were not sent; a slip of the bit clock counts as one.
    public var errors: Int
    /// The place of the first of them in what was sent.
    public var firstError: Int?
    /// What they were, and where.
    public var damage: StreamDamage
    public var sha256Sent: String
    public var sha256Received: String
    /// Nothing moved for too long.
    public var timedOut: Bool
    /// It was ended before its time.
    public var interrupted: Bool
    public var seconds: Double
    /// The time that the bytes need on the wire, as a part of the time that the test took; nil without a wire.
    public var wireShare: Double?
    /// How long the call that starts a write took.
    public var writeCall: LatencyRecord.Summary?
    /// How long after the last bit of a write its waiter ran.
    public var completion: LatencyRecord.Summary?
    /// From the start of a transfer until all of it was back, while the others went on.
    public var roundTrip: LatencyRecord.Summary?

    /// Everything came back as it was sent.
    public var isGood: Bool {
        errors == 0 && !timedOut && bytesReceived == bytesSent && sha256Sent == sha256Received
    }

    public var bytesPerSecond: Double { seconds > 0 ? Double(bytesReceived) / seconds : 0 }

    /// Bits that came back different, of those that came back in their place; nil if there were none.
    public var bitErrorRate: Double? {
        bytesReceived > 0 ? Double(damage.bitErrors) / Double(8 * bytesReceived) : nil
    }
}

/// One or several runs of the same test, from which the result is computed.
public struct LoopbackMeasurement: Sendable {
    var device: String
    var isSPI: Bool
    var hasWire: Bool
    var bitRate: UInt32
    var bitsPerByte: Int
    var pattern: String
    var transferSize: Int
    var sent: Int
    var received: Int
    var damage: StreamDamage
    var sha256Sent: String
    var sha256Received: String
    var timedOut: Bool
    var interrupted: Bool
    var nanoseconds: UInt64
    var timing: WriteTiming
    /// What ended the run early; of several, the last.
    public var failure: PeripheralError?

    /// Adds another run of the same test. Of digests the last that is wrong is kept.
    public mutating func add(_ other: LoopbackMeasurement) {
        sent += other.sent
        received += other.received
        damage.add(other.damage)
        if sha256Sent == sha256Received || other.sha256Sent != other.sha256Received {
            (sha256Sent, sha256Received) = (other.sha256Sent, other.sha256Received)
        }
        timedOut = timedOut || other.timedOut
        interrupted = other.interrupted
        nanoseconds += other.nanoseconds
        timing.add(other.timing)
        failure = other.failure ?? failure
    }

    public var result: LoopbackResult {
        let seconds = Double(nanoseconds) / 1e9
        return LoopbackResult(
            device: device,
            isSPI: isSPI,
            hasWire: hasWire,
            bitRate: hasWire ? bitRate : nil,
            pattern: pattern,
            transferSize: transferSize,
            bytesSent: sent,
            bytesReceived: received,
            errors: damage.badBytes,
            firstError: damage.events.first?.position,
            damage: damage,
            sha256Sent: sha256Sent,
            sha256Received: sha256Received,
            timedOut: timedOut,
            interrupted: interrupted,
            seconds: seconds,
            wireShare: hasWire ? Double(received * bitsPerByte) / Double(max(bitRate, 1)) / seconds : nil,
            writeCall: timing.writeCall.summary,
            completion: timing.completion.summary,
            roundTrip: timing.roundTrip.summary)
    }
}
