import RTOS

/// What is on its way through an FTDI chip's UART, as a plain value: which USB slots carry what, what has come in and not
/// been taken, and whether the last character has left.
struct FTDIUARTStream {
    /// Bytes of one OUT transfer.
    private static let pieceLength = 16384
    /// OUT transfers at once.
    private static let outDepth = 4
    /// Bytes of an IN transfer: what comes in within a few latency periods at 12 Mbit/s.
    static let inLength = 4096

    private let name: String
    private let packetSize: Int
    private let memory: USBSlotMemory
    private let fifo: Int
    private var freeOut = Array(USBSlots.out.prefix(outDepth))
    private var freeIn: [Int]
    /// IN transfers that brought data, in order, and how much of the first has been taken.
    private var filled: [(slot: Int, count: Int)] = []
    private var taken = 0
    private var controlIsUnderWay = false
    private(set) var controlEnd: USBEnd?

    /// Bytes that the device has not been seen to take.
    private(set) var outstanding = 0
    /// Bytes that are not known to be off the wire.
    private(set) var unconfirmed = 0
    private(set) var lastOut = MonotonicTime(nanoseconds: 0)
    private(set) var idleSince: MonotonicTime?

    /// Somebody wants what comes in.
    var isListening = false
    /// How often somebody waited for it to be taken (virtual time).
    private var timesWaited = 0

    private(set) var transmitFailure: PeripheralError?
    private(set) var receiveFailure: PeripheralError?
    private(set) var isLost = false
    /// What the packets so far said of the lines and of errors.
    private(set) var report = LineReport(
        status: SerialLineStatus(), number: 0, delay: UInt64(USBSlots.in.count))
    private var toldReport: UInt64 = 0

    init(name: String, memory: USBSlotMemory, packetSize: Int, fifo: Int) {
        self.name = name
        self.memory = memory
        freeIn = Array(memory.inputSlots)
        self.packetSize = packetSize
        self.fifo = fifo
        filled.reserveCapacity(USBSlots.in.count)
    }

    // MARK: Transmission

    var hasRoom: Bool { !freeOut.isEmpty }

    /// The next piece of a segment to submit; nil if there is no slot for it.
    mutating func nextPiece(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> (
        slot: Int, bytes: UnsafeRawBufferPointer
    )? {
        guard !bytes.isEmpty, let slot = freeOut.popLast() else { return nil }
        let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.pieceLength))
        if unconfirmed == 0 { lastOut = now }
        outstanding += piece.count
        unconfirmed += piece.count
        lengths[slot - USBSlots.out.lowerBound] = piece.count
        return (slot, piece)
    }

    private var lengths = [Int](repeating: 0, count: outDepth)

    /// Bytes that may still be in the chip or before it.
    var bytesLeft: Int { min(unconfirmed, outstanding + fifo + 1) }

    /// The chip has said that its transmitter is empty.
    mutating func confirmEmpty(at now: MonotonicTime) {
        guard outstanding == 0 else { return }
        unconfirmed = 0
        idleSince = now
    }

    // MARK: Reception

    var hasData: Bool { !filled.isEmpty || receiveFailure != nil }

    /// A packet has told something of the line, and whoever waits for that has not heard.
    var hasNewsOfLine: Bool { report.number != toldReport }

    mutating func isToldOfLine() {
        toldReport = report.number
    }

    /// A slot to wait for data in; nil if all of them do, or hold some.
    mutating func nextIn() -> (slot: Int, buffer: UnsafeMutableRawBufferPointer)? {
        guard isListening, receiveFailure == nil, let slot = freeIn.popLast() else { return nil }
        return (slot, memory.input(slot, isShort: false))
    }

    /// True if there is something to take, and a reader may still come to do so.
    mutating func waitsForReader(atMost limit: Int) -> Bool {
        guard isListening, hasData, timesWaited < limit else { return false }
        timesWaited += 1
        return true
    }

    /// Moves data out of what has come in, and answers how many bytes.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void) -> Int {
        var done = 0
        timesWaited = 0
        while done < buffer.count, let first = filled.first {
            let bytes = memory.input(first.slot, count: first.count)
            var place = 0
            var isWhole = true
            for packet in FTDIPackets(bytes, packetSize: packetSize) {
                // What was taken before.
                let skip = min(packet.data.count, max(0, taken - place))
                place += packet.data.count
                let rest = packet.data.dropFirst(skip)
                let count = min(rest.count, buffer.count - done)
                guard count > 0 else {
                    if !rest.isEmpty { isWhole = false }
                    continue
                }
                UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
                // The chip says that a packet has a damaged character, not which.
                if !packet.status.line.isDisjoint(with: .damage) { for byte in done..<done + count { damaged(byte) } }
                done += count
                taken += count
                if count < rest.count { isWhole = false }
            }
            guard isWhole else { break }
            discardFirst()
        }
        return done
    }

    private mutating func discardFirst() {
        freeIn.append(filled.removeFirst().slot)
        taken = 0
    }

    mutating func discardReceived() {
        while !filled.isEmpty { discardFirst() }
    }

    // MARK: What happened

    mutating func beginControl() {
        (controlEnd, controlIsUnderWay) = (nil, true)
    }

    mutating func ended(_ end: USBEnd, at now: MonotonicTime) {
        if end.status == .lost { isLost = true }
        if end.slot == USBSlots.control {
            (controlEnd, controlIsUnderWay) = (end, false)
        } else if USBSlots.in.contains(end.slot) {
            received(end)
        } else {
            outstanding -= lengths[end.slot - USBSlots.out.lowerBound]
            freeOut.append(end.slot)
            lastOut = now
            transmitFailure = transmitFailure ?? failure(end.status)
        }
    }

    private mutating func received(_ end: USBEnd) {
        var hasData = false
        for packet in FTDIPackets(memory.input(end.slot, count: end.count), packetSize: packetSize) {
            report.status.lines = packet.status.modem
            report.status.errors.add(packet.status.line)
            if !packet.data.isEmpty { hasData = true }
        }
        report.number &+= 1
        if hasData { filled.append((end.slot, end.count)) } else { freeIn.append(end.slot) }
        receiveFailure = receiveFailure ?? failure(end.status)
    }

    private func failure(_ status: USBEnd.Status) -> PeripheralError? {
        switch status {
        case .completed, .cancelled: nil
        case .stalled: USBError.stall(of: "\(name): bulk transfer")
        case .failed: .system(call: "\(name): bulk transfer", errno: USBError.failed)
        case .lost: .deviceLost(name)
        }
    }

    /// A transfer could not be submitted.
    mutating func refused(_ slot: Int, _ error: PeripheralError) {
        if case .deviceLost = error { isLost = true }
        if slot == USBSlots.control {
            controlIsUnderWay = false
        } else if USBSlots.in.contains(slot) {
            freeIn.append(slot)
            receiveFailure = error
        } else {
            outstanding -= lengths[slot - USBSlots.out.lowerBound]
            freeOut.append(slot)
            transmitFailure = error
        }
    }

    mutating func failTransmission(_ error: PeripheralError) {
        transmitFailure = transmitFailure ?? error
    }

    var transmitIsUnderWay: Bool { freeOut.count < Self.outDepth }
    var isUnderWay: Bool {
        transmitIsUnderWay || controlIsUnderWay || freeIn.count + filled.count < memory.inputSlots.count
    }

    /// Forgets what was to be sent, and why it was not. No OUT transfer is under way.
    mutating func clearTransmission() {
        (outstanding, unconfirmed) = (0, 0)
        transmitFailure = isLost ? .deviceLost(name) : nil
    }

    /// Somebody has been told why nothing came in.
    mutating func takeReceiveFailure() -> PeripheralError? {
        guard filled.isEmpty, let failure = receiveFailure else { return nil }
        if !isLost { receiveFailure = nil }
        return failure
    }
}

extension LineErrorCounts {
    fileprivate mutating func add(_ line: FTDIStatus.Line) {
        if line.contains(.overrun) { overrun += 1 }
        if line.contains(.parity) { parity += 1 }
        if line.contains(.framing) { framing += 1 }
        if line.contains(.breakSignal) { breakSignal += 1 }
    }
}
