import RTOS

/// Sends packets from a mailbox, zero copy: the transmit half of a packet driver, in the peripheral's interrupt.
///
/// The completion thread takes each block from the mailbox, has the device send straight from it, and gives it back to
/// its pool once the last bit is off the wire. Several are queued behind the one on the wire, as far as the device takes
/// work ahead, so that the wire does not idle between packets. The interrupt has the write mutex for as long as packets
/// are on their way; a task that waits for the mutex is let through before more of them are taken.
///
///     let transmitter = try PacketTransmitter(port, from: mailbox)
///     var block = try mailbox.take()
///     block.count = encode(into: block.memory)
///     try transmitter.send(block)
///
/// On a bus each packet has a chip select of its own.
public final class PacketTransmitter: Sendable {
    public let mailbox: ZeroCopyMailbox
    private let peripheral: Peripheral

    /// Starts sending what is in the mailbox.
    ///
    /// - Parameters:
    ///   - peripheral: in zero-copy mode, which cannot be left until `stop`.
    ///   - mailbox: nobody else may receive from it.
    public convenience init(_ peripheral: Peripheral, from mailbox: ZeroCopyMailbox) throws(PeripheralError) {
        try self.init(peripheral, from: mailbox, reception: nil)
    }

    /// The same on an SPI bus, where a receiver gets what comes in while packets go out, which would otherwise be
    /// dropped.
    ///
    /// - Parameter receiver: its blocks are as long as the longest packet to be sent, or longer.
    public convenience init<Decoder: FrameDecoder & Sendable>(
        _ peripheral: Peripheral, from mailbox: ZeroCopyMailbox, exchangingInto receiver: PacketReceiver<Decoder>
    ) throws(PeripheralError) {
        guard peripheral.isSPI else {
            throw .notSupported("\(peripheral.name): bytes come in by themselves on a serial port")
        }
        try self.init(peripheral, from: mailbox, reception: receiver)
    }

    private init(
        _ peripheral: Peripheral, from mailbox: ZeroCopyMailbox, reception: (any PacketReception)?
    ) throws(PeripheralError) {
        self.peripheral = peripheral
        self.mailbox = mailbox
        try peripheral.engine.startPacketTransmission(PacketSource(mailbox: mailbox, reception: reception))
    }

    deinit {
        stop()
    }

    /// Sends a block of the mailbox, with the `count` that says how much of it is used; none sends nothing. Never
    /// blocks. A higher priority goes first among those that the device has not taken.
    public func send(_ block: consuming MemoryBlock, priority: UInt8 = 0) throws(ZeroCopyMailbox.Failure) {
        try mailbox.send(block, priority: priority)
        peripheral.engine.packetSent()
    }

    /// Looks for packets that somebody put into the mailbox without `send`. Never blocks.
    public func wake() {
        peripheral.engine.packetSent()
    }

    /// Blocks until nothing is in the mailbox or on the wire. False if the time was over first.
    ///
    /// - Throws: why the peripheral has ended.
    public func waitUntilSent(_ timeout: Timeout = .forever) throws(PeripheralError) -> Bool {
        try peripheral.engine.awaitPackets(until: timeout.deadline())
    }

    /// Takes no more packets, and blocks until those that were taken are off the wire; the others stay in the mailbox.
    /// Once is enough, and more does no harm.
    public func stop() {
        peripheral.engine.stopPacketTransmission()
    }

    /// How the packets fared so far.
    public struct Statistics: Hashable, Sendable {
        /// Packets that are off the wire.
        public var sent: UInt64 = 0
        /// Packets that never left, or not whole, and why the last of them did not.
        public var failed: UInt64 = 0
        public var failure: PeripheralError?
    }

    public var statistics: Statistics {
        peripheral.engine.state.withLock { state in
            Statistics(sent: state.packets.sent, failed: state.packets.failed, failure: state.packets.failure)
        }
    }
}
