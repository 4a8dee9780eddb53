import RTOS

/// The UART of an FT232H, from FIFO to pins: a plain value that is told the time, the bytes and the settings.
///
/// Characters leave TX one after another at the line's rate, held by flow control; what comes in over RX when the
/// FIFO is full is lost and reported as an overrun.
public struct FT232HUART: Sendable {
    /// Bytes that each FIFO holds (FT232H datasheet, section 4.1).
    public static let fifoCapacity = 1024
    /// Room in the receive FIFO below which the other end is asked to hold, and above which to go on.
    static let holdBelow = 64
    static let resumeAbove = 512
    /// The most by which rates may differ before the stop bit is missed: half a bit in ten.
    private static let rateTolerance = 0.05

    private var transmit = ByteFIFO(capacity: fifoCapacity)
    private var receive = ByteFIFO(capacity: fifoCapacity)
    private let faults: FaultPlan
    private var line: FaultyLine
    private var now = MonotonicTime(nanoseconds: 0)

    /// The character that is leaving, when characters without a gap began to, and how many of them have begun.
    private var leaving: UInt8?
    private var runStart = MonotonicTime(nanoseconds: 0)
    private var runCount: UInt64 = 0
    private static let longestRun: UInt64 = 1024

    public private(set) var divisor = BaudDivisor(value: 0x4138, index: 0)
    public private(set) var format = LineFormat()
    public private(set) var flowControl = FlowControl.none
    public private(set) var isBreaking = false
    public private(set) var dtr = false
    public private(set) var rts = false
    private var xon: UInt8 = 0x11
    private var xoff: UInt8 = 0x13
    /// The other end has sent XOFF.
    private var isHeldByXOFF = false
    /// The other end has been asked to hold.
    private var hasAskedToHold = false
    /// XON or XOFF that goes out before the next character.
    private var urgent: UInt8?
    public var eventCharacter: UInt8?
    /// Takes the place of a character with an error.
    public var errorCharacter: UInt8?

    /// What is at the other end of the lines.
    public private(set) var peer: any SerialPeer
    /// Errors since they were last reported.
    private(set) var errors = LineErrors()
    /// Something came for which the host is not to wait: an event character, an error, a change of modem lines.
    private(set) var wantsFlush = false
    private var reportedLines: ModemLines = []
    /// Characters that have been on the wire from TX.
    public private(set) var bytesOnWire: UInt64 = 0
    /// When the last character left.
    public private(set) var lastLeft = MonotonicTime(nanoseconds: 0)

    public init(peer: any SerialPeer = SerialLoopback(), faults: FaultPlan = .none) {
        self.peer = peer
        self.faults = faults
        line = FaultyLine(faults)
    }

    // MARK: The host's side

    public var space: Int { transmit.space }
    public var receivedCount: Int { receive.count }
    public var isUnplugged: Bool { faults.isUnplugged(after: bytesOnWire) }
    /// CTS, DSR, RI and DCD.
    public var lines: ModemLines { peer.lines }
    /// THRE: the transmit FIFO is empty.
    public var isTransmitFIFOEmpty: Bool { transmit.isEmpty }
    /// TEMT: and the last character has left.
    public var isTransmitterEmpty: Bool { transmit.isEmpty && leaving == nil }

    public mutating func write(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        let taken = transmit.append(bytes)
        startNext()
        return taken
    }

    public mutating func read(into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        let count = receive.take(into: buffer)
        if hasAskedToHold, receive.space > Self.resumeAbove { askToHold(false) }
        return count
    }

    /// The host has been told of errors and lines.
    mutating func reported() {
        errors = []
        wantsFlush = false
        reportedLines = lines
    }

    public mutating func discardTransmit(at now: MonotonicTime) {
        advance(to: now)
        _ = transmit.removeAll()
    }

    public mutating func discardReceive(at now: MonotonicTime) {
        advance(to: now)
        _ = receive.removeAll()
        if hasAskedToHold { askToHold(false) }
    }

    // MARK: Settings

    mutating func setDivisor(_ divisor: BaudDivisor, at now: MonotonicTime) {
        advance(to: now)
        self.divisor = divisor
        runCount = 0
    }

    mutating func setFormat(_ format: LineFormat, isBreaking: Bool, at now: MonotonicTime) {
        advance(to: now)
        self.format = format
        runCount = 0
        guard isBreaking != self.isBreaking else { return }
        self.isBreaking = isBreaking
        if isBreaking {
            peer.receive(SerialCharacter(0, format: format, rate: divisor.rate, isBreak: true), at: now)
            takeArrivals(until: now)
        } else {
            startNext()
        }
    }

    mutating func setFlowControl(_ flow: FlowControl, xon: UInt8, xoff: UInt8, at now: MonotonicTime) {
        advance(to: now)
        (flowControl, self.xon, self.xoff) = (flow, xon, xoff)
        isHeldByXOFF = false
        driveLines()
        startNext()
    }

    mutating func setModemLines(dtr: Bool?, rts: Bool?, at now: MonotonicTime) {
        advance(to: now)
        self.dtr = dtr ?? self.dtr
        self.rts = rts ?? self.rts
        driveLines()
        startNext()
    }

    /// Changes what is at the other end, such as the lines that a far end drives or what it sends.
    public mutating func withPeer<Peer: SerialPeer>(
        _ type: Peer.Type, at now: MonotonicTime, _ body: (inout Peer) -> Void
    ) {
        advance(to: now)
        guard var changed = peer as? Peer else { return }
        body(&changed)
        peer = changed
        noteLines()
        startNext()
    }

    private mutating func driveLines() {
        let mayReceive = !hasAskedToHold
        peer.setLines(
            dtr: dtr && (flowControl != .dtrDSR || mayReceive), rts: rts && (flowControl != .rtsCTS || mayReceive),
            at: now)
        noteLines()
    }

    private mutating func noteLines() {
        if lines != reportedLines { wantsFlush = true }
    }

    // MARK: Time

    public mutating func advance(to now: MonotonicTime) {
        while let next = nextChange, next <= now {
            self.now = max(self.now, next)
            if let end = leavingEnd, end == next { finishCharacter(at: end) }
            takeArrivals(until: next)
        }
        self.now = max(self.now, now)
    }

    /// When the next character will have left or come in; nil if none is under way.
    public var nextChange: MonotonicTime? {
        guard let end = leavingEnd else { return peer.nextArrival }
        return peer.nextArrival.map { min($0, end) } ?? end
    }

    /// When so many of the characters that wait will have left.
    func time(untilRoomFor space: Int) -> MonotonicTime? {
        guard let end = leavingEnd else { return nil }
        return end.advanced(byNanoseconds: characterTimes(UInt64(max(0, space - transmit.space - 1))))
    }

    private func characterTimes(_ count: UInt64) -> UInt64 {
        // Not counted one by one: at 12 Mbit/s a character is no whole number of nanoseconds.
        let halfBits = count * format.halfBits * UInt64(divisor.eighths)
        return halfBits * 1_000_000_000 / (16 * UInt64(divisor.clock))
    }

    private var leavingEnd: MonotonicTime? {
        leaving == nil ? nil : runStart.advanced(byNanoseconds: characterTimes(runCount))
    }

    private var isHeld: Bool {
        switch flowControl {
        case .none: false
        case .rtsCTS: !lines.contains(.cts)
        case .dtrDSR: !lines.contains(.dsr)
        case .xonXOFF: isHeldByXOFF
        }
    }

    /// Lets the next character begin to leave, if there is one, none is leaving, and nothing holds it.
    private mutating func startNext(behind end: MonotonicTime? = nil) {
        guard leaving == nil, !isBreaking, faults.crossing(1, after: bytesOnWire) > 0 else { return }
        if let urgent {
            leaving = urgent
            self.urgent = nil
        } else if !transmit.isEmpty, !isHeld {
            leaving = transmit.removeFirst()
        } else {
            return
        }
        if end == nil || runCount == 0 || runCount == Self.longestRun {
            runStart = end ?? now
            runCount = 0
        }
        runCount += 1
    }

    private mutating func finishCharacter(at end: MonotonicTime) {
        guard let byte = leaving else { return }
        leaving = nil
        lastLeft = end
        bytesOnWire += 1
        var (line, arrived) = (line, [UInt8]())
        if faults.isTransparent {
            peer.receive(SerialCharacter(byte, format: format, rate: divisor.rate), at: end)
        } else {
            line.pass(byte) { arrived.append($0) }
            for byte in arrived {
                peer.receive(SerialCharacter(byte, format: format, rate: divisor.rate), at: end)
                // A wire holds one character at a time.
                takeArrivals(until: end)
            }
        }
        self.line = line
        startNext(behind: end)
    }

    // MARK: Reception

    private mutating func takeArrivals(until time: MonotonicTime) {
        while let next = peer.nextArrival, next <= time, let character = peer.takeArrival() { arrived(character) }
    }

    private mutating func arrived(_ character: SerialCharacter) {
        var found = LineErrors()
        let difference = Double(character.rate) / Double(divisor.rate) - 1
        if character.isBreak {
            found = [.breakSignal, .framing]
        } else if abs(difference) > Self.rateTolerance || character.format.dataBits != format.dataBits {
            found = .framing
        } else if character.format.parity != format.parity {
            found = format.parity == .none ? .framing : .parity
        }
        if flowControl == .xonXOFF, found.isEmpty, character.byte == xon || character.byte == xoff {
            isHeldByXOFF = character.byte == xoff
            startNext()
            return
        }
        let byte = found.isEmpty ? character.byte : errorCharacter ?? character.byte
        if !receive.append(byte) { found.insert(.overrun) }
        errors.formUnion(found)
        if !found.isEmpty || byte == eventCharacter { wantsFlush = true }
        if receive.space < Self.holdBelow, !hasAskedToHold { askToHold(true) }
    }

    private mutating func askToHold(_ hold: Bool) {
        guard flowControl != .none else { return }
        hasAskedToHold = hold
        if flowControl == .xonXOFF {
            urgent = hold ? xoff : xon
            startNext()
        } else {
            driveLines()
            startNext()
        }
    }
}
