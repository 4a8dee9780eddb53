import RTOS

/// A virtual UART whose TX is wired to its RX: a plain value that is told the time and the bytes.
///
/// Bytes leave its transmit FIFO one after another at the line's rate and arrive, each at the end of its stop bit, in
/// the receive FIFO. What arrives when that is full is lost and counted, as the line's other end cannot be held.
public struct VirtualUART: Sendable {
    /// How many bytes each FIFO holds. The receive side stands for a UART and the kernel's buffer behind it.
    public static let transmitCapacity = 1024
    public static let receiveCapacity = 65536
    /// How many bytes raise the receive interrupt; fewer do so after `idleCharacters` character times of silence, as
    /// in a 16550.
    public static let receiveTrigger = 64
    public static let idleCharacters: UInt64 = 4

    private let faults: FaultPlan
    private var line: FaultyLine
    private var transmit = ByteFIFO(capacity: transmitCapacity)
    private var receive = ByteFIFO(capacity: receiveCapacity)
    /// When the byte that is now on the wire began; meaningful while `transmit` is not empty.
    private var byteBegan = MonotonicTime(nanoseconds: 0)
    private var lastArrival = MonotonicTime(nanoseconds: 0)
    private var onWire: UInt64 = 0

    /// The rates that it can be set to.
    public static let baudRates: ClosedRange<UInt32> = 1...12_000_000

    /// Bits a second.
    public private(set) var baudRate: UInt32
    /// Bits a character: start, data, parity and stop bits.
    public private(set) var bitsPerCharacter: UInt32
    /// Bytes that arrived when the receive FIFO was full.
    public private(set) var overruns: UInt64 = 0

    public init(baudRate: UInt32, bitsPerCharacter: UInt32 = 10, faults: FaultPlan = .none) {
        self.baudRate = baudRate
        self.bitsPerCharacter = bitsPerCharacter
        self.faults = faults
        line = FaultyLine(faults)
    }

    /// Takes effect with the next byte.
    public mutating func setLine(baudRate: UInt32, bitsPerCharacter: UInt32) {
        self.baudRate = baudRate
        self.bitsPerCharacter = bitsPerCharacter
    }

    /// Nanoseconds that a character takes.
    public var characterTime: UInt64 {
        (UInt64(bitsPerCharacter) * 1_000_000_000 + UInt64(baudRate) - 1) / UInt64(baudRate)
    }

    /// When the last byte left the wire.
    public var lastLeft: MonotonicTime { lastArrival }

    public var isUnplugged: Bool { faults.unplugAfter.map { onWire >= $0 } ?? false }
    private var isStalled: Bool { faults.stallAfter.map { onWire >= $0 } ?? false }

    /// Puts what fits into the transmit FIFO, and answers how many bytes that was.
    public mutating func send(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        if transmit.isEmpty { byteBegan = now }
        return transmit.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(faults.shortWrite ?? bytes.count)))
    }

    /// Takes what has arrived, and answers how many bytes that was.
    public mutating func take(into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        return receive.take(into: buffer)
    }

    /// Room in the transmit FIFO.
    public var transmitSpace: Int { transmit.space }
    /// Bytes that have arrived and not been taken.
    public var received: Int { receive.count }

    /// Nanoseconds until the last byte is off the wire, or until the plug is pulled; nil once it is off. `UInt64.max` if
    /// it never will be.
    public func timeToEmpty(at now: MonotonicTime) -> UInt64? {
        guard !transmit.isEmpty else { return nil }
        if isStalled { return .max }
        let untilUnplugged = faults.unplugAfter.map { $0.subtractingOrZero(onWire) } ?? .max
        let bytes = min(UInt64(transmit.count), untilUnplugged)
        let end = byteBegan.advanced(byNanoseconds: bytes * characterTime)
        return max(end.nanoseconds(since: now), 1)
    }

    /// True when the receive interrupt would be raised.
    public func hasReceiveInterrupt(at now: MonotonicTime) -> Bool {
        if receive.count >= Self.receiveTrigger { return true }
        return receive.count > 0 && now >= idleDeadline
    }

    /// When the receive interrupt is due, if nothing more is sent; nil if it is not.
    public func nextReceiveInterrupt(at now: MonotonicTime) -> MonotonicTime? {
        if hasReceiveInterrupt(at: now) { return now }
        guard !isStalled else { return receive.count > 0 ? idleDeadline : nil }
        let missing = Self.receiveTrigger - receive.count
        if transmit.count >= missing {
            return byteBegan.advanced(byNanoseconds: UInt64(missing) * characterTime)
        }
        if !transmit.isEmpty {
            let last = byteBegan.advanced(byNanoseconds: UInt64(transmit.count) * characterTime)
            return last.advanced(byNanoseconds: Self.idleCharacters * characterTime)
        }
        return receive.count > 0 ? idleDeadline : nil
    }

    private var idleDeadline: MonotonicTime {
        lastArrival.advanced(byNanoseconds: Self.idleCharacters * characterTime)
    }

    /// Lets the bytes whose time has come cross the wire.
    public mutating func advance(to now: MonotonicTime) {
        let time = characterTime
        while !transmit.isEmpty, now.nanoseconds(since: byteBegan) >= time, !isUnplugged, !isStalled {
            byteBegan = byteBegan.advanced(byNanoseconds: time)
            lastArrival = byteBegan
            onWire += 1
            let byte = transmit.removeFirst()
            line.pass(byte) { arrived in
                if !receive.append(arrived) { overruns += 1 }
            }
        }
    }

    /// Empties the transmit FIFO but for the byte that is on the wire, and answers how many were thrown away.
    public mutating func discardTransmit(at now: MonotonicTime) -> Int {
        advance(to: now)
        return transmit.removeAll()
    }

    /// Empties the receive FIFO.
    public mutating func discardReceive(at now: MonotonicTime) {
        advance(to: now)
        _ = receive.removeAll()
    }
}
