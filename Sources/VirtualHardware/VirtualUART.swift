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
    /// For each byte in `receive`, whether its parity bit was wrong.
    private var parityErrors = ByteFIFO(capacity: receiveCapacity)
    /// When the byte that is now on the wire will have crossed it; meaningful while `transmit` is not empty.
    private var byteEnds = MonotonicTime(nanoseconds: 0)
    private var lastArrival = MonotonicTime(nanoseconds: 0)
    private var onWire: UInt64 = 0

    /// The rates that it can be set to.
    public static let baudRates: ClosedRange<UInt32> = 1...12_000_000

    /// Bits a second.
    public private(set) var baudRate: UInt32
    /// Bits a character: start, data, parity and stop bits.
    public private(set) var bitsPerCharacter: UInt32
    /// Whether a character has a parity bit, which shows that one bit of it was flipped.
    public let hasParity: Bool
    /// Bytes that arrived when the receive FIFO was full.
    public private(set) var overruns: UInt64 = 0
    /// When the last byte left the wire.
    public private(set) var lastLeft = MonotonicTime(nanoseconds: 0)

    /// - Parameters:
    ///   - baudRate: bits a second, one of `baudRates`.
    ///   - bitsPerCharacter: start, data, parity and stop bits: 7 to 12.
    ///   - hasParity: whether one of them is a parity bit.
    public init(
        baudRate: UInt32, bitsPerCharacter: UInt32 = 10, hasParity: Bool = false, faults: FaultPlan = .none
    ) {
        self.baudRate = baudRate
        self.bitsPerCharacter = bitsPerCharacter
        self.hasParity = hasParity
        self.faults = faults
        line = FaultyLine(faults)
    }

    /// Takes effect with the next byte: the one on the wire keeps its pace.
    public mutating func setLine(baudRate: UInt32, bitsPerCharacter: UInt32, at now: MonotonicTime) {
        advance(to: now)
        self.baudRate = baudRate
        self.bitsPerCharacter = bitsPerCharacter
    }

    /// Nanoseconds that a character takes, rounded up.
    public var characterTime: UInt64 {
        (UInt64(bitsPerCharacter) * 1_000_000_000 + UInt64(baudRate) - 1) / UInt64(baudRate)
    }

    public var isUnplugged: Bool { faults.isUnplugged(after: onWire) }

    /// Puts what fits into the transmit FIFO, and answers how many bytes that was.
    public mutating func send(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> Int {
        advance(to: now)
        guard bytes.count > 0 else { return 0 }
        if transmit.isEmpty { byteEnds = now.advanced(byNanoseconds: characterTime) }
        return transmit.append(UnsafeRawBufferPointer(rebasing: bytes[..<faults.taken(of: bytes.count)]))
    }

    /// Takes what has arrived, and answers how many bytes that was.
    ///
    /// - Parameter damaged: told the places, ascending, of bytes whose parity is wrong.
    public mutating func take(
        into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime, damaged: (Int) -> Void = { _ in }
    ) -> Int {
        advance(to: now)
        let count = receive.take(into: buffer)
        if hasParity {
            for place in 0..<count where parityErrors.removeFirst() != 0 { damaged(place) }
        }
        return count
    }

    /// Room in the transmit FIFO.
    public var transmitSpace: Int { transmit.space }
    /// Bytes that are not yet off the wire.
    public var transmitCount: Int { transmit.count }
    /// Bytes that have arrived and not been taken.
    public var received: Int { receive.count }

    /// Lets the bytes whose time has come cross the wire.
    public mutating func advance(to now: MonotonicTime) {
        let time = characterTime
        var crossing = faults.crossing(transmit.count, after: onWire)
        while crossing > 0, byteEnds <= now {
            lastLeft = byteEnds
            byteEnds = byteEnds.advanced(byNanoseconds: time)
            crossing -= 1
            onWire += 1
            let sent = transmit.removeFirst()
            line.pass(sent) { arrived in
                lastArrival = lastLeft
                if !receive.append(arrived) {
                    overruns += 1
                } else if hasParity {
                    // A fault flips one bit, which is what parity finds.
                    _ = parityErrors.append(arrived == sent ? 0 : 1)
                }
            }
        }
    }

    /// Empties the transmit FIFO but for the byte that is on the wire, and answers how many were thrown away.
    public mutating func discardTransmit(at now: MonotonicTime) -> Int {
        advance(to: now)
        return faults.crossing(transmit.count, after: onWire) > 0 ? transmit.removeAllButFirst() : transmit.removeAll()
    }

    /// Empties the receive FIFO.
    public mutating func discardReceive(at now: MonotonicTime) {
        advance(to: now)
        _ = receive.removeAll()
        _ = parityErrors.removeAll()
    }
}

/// When something is to be expected of it, if nothing more is sent.
extension VirtualUART {
    /// Nanoseconds until the last byte is off the wire, or the line stalls or is unplugged; nil once everything has
    /// left, `UInt64.max` if the rest never will.
    public func timeToEmpty(at now: MonotonicTime) -> UInt64? {
        guard !transmit.isEmpty else { return nil }
        let crossing = faults.crossing(transmit.count, after: onWire)
        return crossing == 0 ? .max : max(end(ofByte: crossing).nanoseconds(since: now), 1)
    }

    /// True when the receive interrupt would be raised.
    public func hasReceiveInterrupt(at now: MonotonicTime) -> Bool {
        if receive.count >= Self.receiveTrigger { return true }
        return receive.count > 0 && now >= idleDeadline
    }

    /// When the receive interrupt is due, or the line is unplugged; nil if neither is to come. On a line that loses
    /// bytes it may turn out too early.
    public func nextReceiveInterrupt(at now: MonotonicTime) -> MonotonicTime? {
        if hasReceiveInterrupt(at: now) { return now }
        let crossing = faults.crossing(transmit.count, after: onWire)
        if receive.count > 0, crossing == 0 || idleDeadline < byteEnds { return idleDeadline }
        guard crossing > 0 else { return nil }
        let missing = Self.receiveTrigger - receive.count
        if crossing >= missing { return end(ofByte: missing) }
        let last = end(ofByte: crossing)
        if faults.isUnplugged(after: onWire + UInt64(crossing)) { return last }
        return last.advanced(byNanoseconds: Self.idleCharacters * characterTime)
    }

    private var idleDeadline: MonotonicTime {
        lastArrival.advanced(byNanoseconds: Self.idleCharacters * characterTime)
    }

    /// When the byte at this place of the transmit FIFO will have crossed the wire, counted from 1.
    private func end(ofByte place: Int) -> MonotonicTime {
        byteEnds.advanced(byNanoseconds: UInt64(place - 1) * characterTime)
    }
}
