import RTOS

/// Packets through the completion thread: it takes those to be sent from a mailbox by itself, and turns what comes in
/// into packets, as an interrupt service routine does.
extension TransferEngine {
    // MARK: Transmission

    func startPacketTransmission(_ source: PacketSource) throws(PeripheralError) {
        try update { (state) throws(PeripheralError) in
            try state.requireZeroCopy()
            guard state.packets.source == nil else {
                throw .refused(.badValue("\(facts.name) has a packet transmitter already"))
            }
            state.packets.start(source)
        }
    }

    /// Ends the taking of packets, and blocks until those that were taken are off the wire or given up.
    func stopPacketTransmission() {
        state.withLock { $0.packets.isStopping = true }
        let isDone = try? wait(for: .completion, until: .never, outlastsPeripheral: true) { state -> Bool? in
            guard state.packets.chain.isIdle, !state.packets.chain.hasRetired else { return nil }
            state.packets.source = nil
            return true
        }
        precondition(isDone == true, "only their end ends the wait for packets")
    }

    /// There is a packet in the mailbox.
    func packetSent() {
        let isInHand = state.withLock { state -> Bool in
            guard !state.packets.mayWait else { return false }
            state.packets.mayWait = true
            if case .packets = state.job { return true }
            return state.hasWorkForInterrupt
        }
        if isInHand { interruptRequest.signal() }
    }

    /// Blocks until no packet is in the mailbox or on its way. False if the time was over first.
    func awaitPackets(until deadline: MonotonicTime) throws(PeripheralError) -> Bool {
        let isDone = try wait(for: .completion, until: deadline) { state -> Bool? in
            let isEmpty = state.packets.source.map { $0.mailbox.count == 0 } ?? true
            return isEmpty && state.packets.chain.isIdle && !state.packets.mayWait ? true : nil
        }
        return isDone ?? false
    }

    /// Puts packets from the mailbox behind those on their way, as far as there is room. Completion thread only.
    ///
    /// - Returns: whether there were any.
    func pullPackets() -> Bool {
        guard let source = state.withLock({ $0.packets.source }) else { return false }
        var hasPulled = false
        while state.withLock({ $0.mayPullPacket() }) {
            guard let block = try? source.mailbox.receive(.now) else { break }
            // Nothing to send: back to the pool.
            guard block.count > 0 else { continue }
            var packet: PacketChain.Packet? = Self.packet(block, exchangedInto: source.reception)
            state.withLock { $0.append(packet.take()!) }
            hasPulled = true
        }
        return hasPulled
    }

    private static func packet(
        _ block: consuming MemoryBlock, exchangedInto reception: (any PacketReception)?
    ) -> PacketChain.Packet {
        guard let reception, var received = reception.blockForExchange(of: block.count) else {
            return PacketChain.Packet(block: block)
        }
        received.count = block.count
        return PacketChain.Packet(block: block, received: received)
    }

    /// Gives back the blocks of packets that are off the wire. Completion thread only.
    func collectPackets() {
        guard state.withLock({ $0.packets.chain.hasRetired }) else { return }
        let reception = state.withLock { $0.packets.source?.reception }
        while let packet = state.withLock({ $0.packets.chain.popRetired() }) {
            guard packet.isSent, let reception else { continue }
            var received = packet.takeReceived()
            guard received != nil else { continue }
            let now = driver.now
            InterruptContext.run { reception.exchanged(received.take()!, at: now) }
        }
        update(inInterrupt: true) { $0.wakeAll(waitingFor: .completion) }
    }

    /// Asks the device what has left, where the packets in front may be off the wire while there is no room behind.
    func retirePackets() throws(PeripheralError) {
        guard state.withLock({ state in if case .packets = state.job { true } else { false } }) else { return }
        guard case .busy(let bytes, let nanoseconds) = try driver.wireState() else { return }
        state.withLock { _ = $0.retirePackets(left: bytes, in: nanoseconds) }
    }

    // MARK: Reception

    func startPacketReception(_ reception: any PacketReception) throws(PeripheralError) {
        try changeReception { (state) throws(PeripheralError) in
            guard state.packetReception == nil else {
                throw .refused(.badValue("\(facts.name) has a packet receiver already"))
            }
            let kept = state.receiveBuffer.count + state.putBack.count
            guard kept == 0 else { throw .refused(.receivedDataWouldBeLost(bytes: kept)) }
            state.receiveMode = .packets
            state.packetReception = reception
        }
    }

    func stopPacketReception() throws(PeripheralError) {
        try changeReception { state in
            guard state.packetReception != nil else { return }
            state.receiveMode = .polled
            state.packetReception = nil
        }
    }

    /// Reads into the receiver's places. Completion thread only.
    func receivePackets() {
        let reception = state.withLock { state -> (any PacketReception)? in
            if state.packetReception != nil { state.receptionHand = .interrupt }
            return state.packetReception
        }
        guard let reception else { return }
        let places = reception.nextPlaces()
        var failure: PeripheralError?
        do throws(PeripheralError) {
            let now = driver.now
            let count = try driver.receive(into: places) { reception.damaged(at: $0, time: now) }
            state.withLock { $0.statistics.bytesReceived &+= UInt64(count) }
            InterruptContext.run {
                reception.received(count, at: now)
                if count == 0, now >= reception.silenceDeadline { reception.silent(until: now) }
            }
        } catch {
            failure = error
        }
        update(inInterrupt: true) { state in
            state.receptionHand = nil
            state.wakeAll(waitingFor: .reception)
        }
        if let failure { end(with: failure) }
    }
}

/// Where packets to be sent come from.
final class PacketSource: Sendable {
    let mailbox: ZeroCopyMailbox
    /// Takes what comes in meanwhile, on a bus.
    let reception: (any PacketReception)?

    init(mailbox: ZeroCopyMailbox, reception: (any PacketReception)?) {
        self.mailbox = mailbox
        self.reception = reception
    }
}

/// What the engine knows of packets to be sent.
struct OutgoingPackets: ~Copyable {
    /// nil while there is no transmitter.
    var source: PacketSource?
    var chain = PacketChain(capacity: depth)
    /// There may be some in the mailbox.
    var mayWait = false
    var isStopping = false
    var sent: UInt64 = 0
    var failed: UInt64 = 0
    var failure: PeripheralError?

    /// Enough that a device which takes transfers ahead always has one.
    static let depth = 16

    mutating func start(_ source: PacketSource) {
        self.source = source
        mayWait = true
        isStopping = false
        (sent, failed, failure) = (0, 0, nil)
    }
}

extension EngineState {
    /// Whether a packet may be put behind the others now.
    ///
    /// The interrupt has the write mutex for as long as packets are on their way. A task that waits for it is let through
    /// before more of them are taken.
    fileprivate mutating func mayPullPacket() -> Bool {
        guard ended == nil, packets.source != nil, !packets.isStopping, packets.chain.hasRoom else { return false }
        let mayWrite = if case .packets = job { writeMutex.waiters.isEmpty } else { writeMutex.isFree && !isReserved }
        // Cleared before the look: a packet that comes after it says so again.
        packets.mayWait = !mayWrite
        return mayWrite
    }

    fileprivate mutating func append(_ packet: consuming PacketChain.Packet) {
        let count = packet.block.count
        packets.chain.append(packet)
        guard case .packets = job else { return }
        written &+= UInt64(count)
        transmission.extend(by: count)
    }

    /// The interrupt takes the write mutex and starts on the packets that it has taken from the mailbox.
    mutating func beginPackets() -> Transmission.Action? {
        let count = packets.chain.end
        guard count > 0, writeMutex.beginWriteInInterrupt() else { return nil }
        job = .packets
        // Not before: only what the interrupt may write is on its way.
        written &+= UInt64(count)
        return transmission.begin(count: count, style: .interruptDriven, hand: .interrupt)
    }

    /// True if the interrupt would find packets that it may start on.
    var hasPacketsForInterrupt: Bool {
        guard packets.source != nil, writeMutex.isFree else { return false }
        return !packets.chain.isIdle || packets.mayWait && !packets.isStopping
    }

    /// The last `bytes` of what the device took are still to leave, in about this time. Answers the time until there is
    /// something to do: until the packet in front is off the wire, where there are several.
    mutating func retirePackets(left bytes: Int, in nanoseconds: UInt64) -> UInt64 {
        guard case .packets = job else { return nanoseconds }
        retire(upTo: transmission.accepted - bytes)
        guard nanoseconds != .max, bytes > 0, let end = packets.chain.firstEnd, end < transmission.accepted else {
            return nanoseconds
        }
        let share = Double(end - (transmission.accepted - bytes)) / Double(bytes)
        return UInt64(Double(nanoseconds) * share) + 1
    }

    private mutating func retire(upTo place: Int) {
        let count = packets.chain.retire(upTo: place, asSent: true)
        packets.sent &+= UInt64(count)
    }

    /// The packets' transmission is over.
    mutating func finishPackets(_ ending: Transmission.Ending, error: PeripheralError?) {
        if ending == .complete {
            retire(upTo: transmission.accepted)
            statistics.bytesSent &+= UInt64(transmission.accepted)
        } else {
            failPackets(error ?? .cancelled)
        }
        completed = written
        completedAt = nil
        wake(writeMutex.writeEnded())
        wakeAll(waitingFor: .completion)
    }

    /// Those that are not off the wire never will be.
    mutating func failPackets(_ error: PeripheralError) {
        let count = packets.chain.retire(upTo: .max, asSent: false)
        packets.failed &+= UInt64(count)
        packets.failure = error
    }
}
