/// What a loopback test found, all of it measured in that run.
public struct LoopbackResult: Hashable, Sendable, Codable {
    public var device: String
    public var isSPI: Bool
    /// False for a port without a wire, where completion means handed over.
    public var hasWire: Bool
    /// Bits per second in force; nil without a wire.
    public var bitRate: UInt32?
    public var bytesSent: Int
    public var bytesReceived: Int
    /// Bytes that came back different, or not at all.
    public var errors: Int
    /// The place of the first of them.
    public var firstError: Int?
    public var sha256Sent: String
    public var sha256Received: String
    /// Nothing moved for too long.
    public var timedOut: Bool
    public var seconds: Double
    /// The time that the bytes need on the wire, as a part of the time that the test took; nil without a wire.
    public var wireShare: Double?
    /// How long the call that starts a write took.
    public var writeCall: LatencyRecord.Summary?
    /// How long after the last bit of a write its waiter ran.
    public var completion: LatencyRecord.Summary?

    /// Everything came back as it was sent.
    public var isGood: Bool {
        errors == 0 && !timedOut && bytesReceived == bytesSent && sha256Sent == sha256Received
    }

    public var bytesPerSecond: Double { seconds > 0 ? Double(bytesReceived) / seconds : 0 }
}
