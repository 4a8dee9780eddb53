import PeripheralIO
import RTOS

/// One run of a loopback test with packets: a thread that fills blocks and sends them, and the caller's, which takes
/// what comes out of the queue.
struct PacketLoopback<Encoder: FrameEncoder & Sendable, Decoder: FrameDecoder & Sendable> {
    /// Packets that may be out at once. The receiver has a block for each, so that none is dropped for want of one.
    private static var window: Int { 64 }
    private static var mailboxCapacity: Int { 32 }

    private let test: PacketLoopbackTest
    private let port: Peripheral
    private let packets: NumberedPackets
    private let receiver: PacketReceiver<Decoder>
    private let sender: PacketSender<Encoder>

    private var received = 0
    private var bytes = 0
    private var damaged = 0
    private var outOfOrder = 0
    /// The number of the packet that is next, if none is lost.
    private var expected: UInt64 = 0
    /// It was told to stop.
    private var isInterrupted = false
    private var latency = LatencyRecord()
    private var delivery = LatencyRecord()

    init(_ test: PacketLoopbackTest, _ port: Peripheral, _ encoder: Encoder, _ decoder: Decoder) throws(PeripheralError)
    {
        self.test = test
        self.port = port
        packets = NumberedPackets(seed: test.seed, longest: test.longest)
        try port.control(.useZeroCopyTX)
        let frameSize = encoder.largestSize(of: test.longest)
        let spare = 16
        let mailbox: ZeroCopyMailbox
        let pool: MemoryPool
        do {
            let blockSize = (frameSize + 63) & ~63
            mailbox = try ZeroCopyMailbox(
                blockSize: blockSize, capacity: Self.mailboxCapacity, alignment: 64,
                storage: port.poolStorage(byteCount: Self.mailboxCapacity * blockSize))
            pool = try MemoryPool(blockSize: frameSize, capacity: Self.window + spare)
        } catch {
            throw .system(call: "allocate packet blocks", errno: 12)
        }
        let queue = PostQueue(size: Self.window, pool: MessagePool(count: Self.window))
        receiver = try PacketReceiver(port, framing: decoder, into: pool, queue: queue)
        let transmitter =
            port.isSPI
            ? try PacketTransmitter(port, from: mailbox, exchangingInto: receiver)
            : try PacketTransmitter(port, from: mailbox)
        sender = PacketSender(
            packets: packets, count: test.count, timeout: test.timeout, encoder: encoder, transmitter: transmitter,
            window: Self.window)
    }

    mutating func run() throws(PeripheralError) -> PacketLoopbackResult {
        let start = MonotonicTime.now
        let sender = self.sender
        let thread = RTOSThread.startJoinable(name: "hil packets") { sender.run() }
        var failure: PeripheralError?
        do throws(PeripheralError) {
            try receive()
        } catch {
            failure = error
        }
        let seconds = Double(MonotonicTime.now.nanoseconds(since: start)) / 1e9
        // What is back has left, but the device may tell so later.
        let isAllBack = failure == nil && sender.isFinished(with: expected)
        let isSent = try? sender.transmitter.waitUntilSent(isAllBack ? test.timeout : .now)
        let isStuck = isSent != true
        // Nothing else lets go of what is on a line that has stopped.
        if isStuck { port.close() }
        var sending = sender.stop()
        if isInterrupted { sending.packets = Int(expected) }
        thread.join()
        sender.transmitter.stop()
        try receiver.stop()
        if let failure { throw failure }
        return result(
            sending, seconds: seconds, timedOut: !isInterrupted && (isStuck || received + damaged == 0))
    }

    /// Takes packets until the last is there or nothing has come for too long.
    private mutating func receive() throws(PeripheralError) {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: test.longest, alignment: 8)
        defer { scratch.deallocate() }
        var deadline = test.timeout.deadline()
        while !sender.isFinished(with: expected), MonotonicTime.now < deadline {
            if !isInterrupted, test.shouldStop?() == true {
                isInterrupted = true
                _ = sender.stop()
                deadline = min(deadline, Self.lastWait.deadline())
            }
            guard let packet = try receiver.receive(Self.interval) else { continue }
            check(packet, at: .now, scratch: scratch)
            if !isInterrupted { deadline = test.timeout.deadline() }
        }
    }

    /// How often it is looked whether to stop, and how long what is out then has to come back.
    private static var interval: Timeout { .milliseconds(100) }
    private static var lastWait: Timeout { .milliseconds(1000) }

    private mutating func check(
        _ packet: borrowing PacketReceiver<Decoder>.Packet, at now: MonotonicTime,
        scratch: UnsafeMutableRawBufferPointer
    ) {
        let content = UnsafeRawBufferPointer(rebasing: packet.block.memory[..<packet.block.count])
        guard let number = packets.number(of: content, scratch: scratch), sender.hasSent(number) else {
            damaged += 1
            return
        }
        guard number >= expected else {
            outOfOrder += 1
            return
        }
        latency.record(nanoseconds: now.nanoseconds(since: sender.timeSent(number)))
        delivery.record(nanoseconds: now.nanoseconds(since: packet.receivedAt))
        received += 1
        bytes += content.count
        let passed = number - expected + 1
        expected = number + 1
        sender.allow(more: passed)
        test.onProgress?(bytes)
    }

    private func result(_ sending: PacketSender<Encoder>.Sent, seconds: Double, timedOut: Bool) -> PacketLoopbackResult
    {
        let statistics = receiver.statistics
        let bitTime = 1 / Double(max(port.speed, 1))
        return PacketLoopbackResult(
            device: port.name, isSPI: port.isSPI, hasWire: port.hasWire, bitRate: port.hasWire ? port.speed : nil,
            framing: test.framing,
            packetsSent: sending.packets, packetsReceived: received, bytesReceived: bytes, packetsDamaged: damaged,
            packetsOutOfOrder: outOfOrder,
            packetsLost: max(0, sending.packets - received - damaged),
            timedOut: timedOut, seconds: seconds,
            wireShare: port.hasWire ? Double(sending.wireBytes * port.bitsPerByte) * bitTime / seconds : nil,
            latency: latency.summary, delivery: delivery.summary,
            highestUsed: .init(
                mailbox: sending.highestMailboxCount, mailboxCapacity: Self.mailboxCapacity,
                pool: statistics.highestBlockCount, poolCapacity: receiver.pool.capacity,
                queue: receiver.queue.snapshot.highestCount, queueCapacity: Self.window),
            drops: .init(statistics), packetsUncopied: statistics.uncopied)
    }
}
