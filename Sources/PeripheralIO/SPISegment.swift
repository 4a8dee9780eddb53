/// One part of a transaction on an SPI bus, with what may differ from part to part.
///
/// The memory is the caller's, and is neither kept nor copied on the way to the kernel.
public struct SPISegment: @unchecked Sendable {
    /// What is sent; nil sends dummy bytes.
    public var sent: UnsafeRawPointer?
    /// Where what comes in at the same time goes; nil drops it.
    public var received: UnsafeMutableRawPointer?
    /// Bytes; with words of more than 8 bits a multiple of 2, of more than 16 bits a multiple of 4.
    public var count: Int
    /// SCK in hertz; nil is the peripheral's.
    public var speed: UInt32?
    /// 1…32; nil is the peripheral's.
    public var bitsPerWord: Int?
    /// Microseconds between its last bit and what comes next, at least.
    public var delay: UInt16 = 0
    /// Microseconds between its words, at least.
    public var wordDelay: UInt8 = 0
    /// Releases chip select for a moment behind it: on a spidev node for 10 µs or more, on an FTDI adapter for as long as
    /// its engine takes over a few commands, some hundred nanoseconds.
    public var pulsesChipSelect = false
    /// Data lines for what is sent, and for what is received: 1, 2 or 4; nil is the peripheral's. With more than one,
    /// bytes go one way at a time.
    public var sendLanes: Int?
    public var receiveLanes: Int?

    public init(sent: UnsafeRawPointer?, received: UnsafeMutableRawPointer?, count: Int) {
        self.sent = sent
        self.received = received
        self.count = count
    }
}
