import RTOS

/// A virtual SPI controller with one device on it: a plain value that is told the time and the bytes.
///
/// It shifts a transfer byte by byte as the bus clock allows, reading each byte to send only when its turn comes, as a
/// DMA engine does; a buffer that is changed too early is sent changed.
public struct VirtualSPIController: Sendable {
    /// The base clock, that of an FT232H: SCK = 60 MHz / (2 · (1 + d)), d = 0…65535 (FTDI AN_108).
    public static let baseClock: UInt32 = 60_000_000
    /// The slowest and the fastest SCK, in whole hertz.
    public static let clockRange: ClosedRange<UInt32> = 458...30_000_000

    /// How a transfer stands.
    public enum Progress: Hashable, Sendable {
        /// All of its bytes have been on the wire.
        case complete
        /// Some are still to come. Nothing is to be learnt for this long; `UInt64.max` if the bus has stalled.
        case busy(nanoseconds: UInt64)
        /// The device is gone.
        case unplugged
    }

    private struct Transfer {
        let count: Int
        let start: MonotonicTime
        let clock: UInt32
        /// Bytes that have been on the wire.
        var done = 0
    }

    private var model: any SPIModel
    private let modelKeepsTime: Bool
    private let faults: FaultPlan
    private var line: ClockedLine
    private var transfer: Transfer?
    private var selected = false
    private var onWire: UInt64 = 0

    /// SCK in force, in hertz, to the nearest.
    public private(set) var clock: UInt32
    /// Keeps chip select asserted between transfers.
    public var holdsChipSelect = false {
        didSet { if !holdsChipSelect, transfer == nil { deselect() } }
    }

    public init(clock: UInt32, model: any SPIModel = SPILoopback(), faults: FaultPlan = .none) {
        self.model = model
        modelKeepsTime = type(of: model).keepsTime
        self.faults = faults
        line = ClockedLine(faults)
        self.clock = Self.nearestClock(notAbove: clock)
    }

    /// The fastest clock that is no faster than asked, but never slower than the slowest there is.
    ///
    /// Clocks are told to the nearest hertz, and one that is told is one that can be asked for.
    public static func nearestClock(notAbove asked: UInt32) -> UInt32 {
        let divisor = UInt64(baseClock) / (2 * UInt64(asked) + 1) + 1
        let inRange = UInt32(min(divisor, 65536))
        return (baseClock + inRange) / (2 * inRange)
    }

    /// Sets the clock of the transfers that begin from now on, and answers the one in force.
    public mutating func setClock(_ asked: UInt32) -> UInt32 {
        clock = Self.nearestClock(notAbove: asked)
        return clock
    }

    /// True while a transfer is on the bus.
    public var isBusy: Bool { transfer != nil }

    public var isUnplugged: Bool { faults.isUnplugged(after: onWire) }

    /// Starts a transfer, and answers how many of `count` bytes it takes; 0 if one is on the bus, or the device is
    /// gone.
    public mutating func begin(count: Int, at now: MonotonicTime) -> Int {
        guard transfer == nil, count > 0, !isUnplugged else { return 0 }
        let taken = faults.taken(of: count)
        transfer = Transfer(count: taken, start: now, clock: clock)
        if !selected {
            selected = true
            if modelKeepsTime { model.advance(to: now) }
            model.select()
        }
        return taken
    }

    /// Shifts what the bus clock has let through by `now`.
    ///
    /// - Parameters:
    ///   - mosi: answers the byte to send at a place of the transfer.
    ///   - miso: takes the byte that came in at a place of the transfer.
    public mutating func advance(
        to now: MonotonicTime, mosi: (Int) -> UInt8, miso: (Int, UInt8) -> Void
    ) -> Progress {
        guard var transfer else { return isUnplugged ? .unplugged : .complete }
        let elapsed = now.nanoseconds(since: transfer.start)
        let last = transfer.done + faults.crossing(transfer.count - transfer.done, after: onWire)
        let due = min(last, Self.bytes(of: transfer.count, in: elapsed, at: transfer.clock))
        while transfer.done < due {
            if modelKeepsTime {
                let end = Self.time(of: transfer.done + 1, at: transfer.clock)
                model.advance(to: transfer.start.advanced(byNanoseconds: end))
            }
            let answer = model.shift(mosi(transfer.done))
            transfer.done += 1
            onWire += 1
            line.pass(answer, put: miso)
        }
        if isUnplugged {
            self.transfer = nil
            line.forget()
            return .unplugged
        }
        guard transfer.done < transfer.count else {
            line.end(put: miso)
            self.transfer = nil
            if !holdsChipSelect { deselect() }
            return .complete
        }
        self.transfer = transfer
        if faults.isStalled(after: onWire) { return .busy(nanoseconds: .max) }
        return .busy(nanoseconds: Self.time(of: last, at: transfer.clock).subtractingOrZero(elapsed))
    }

    /// Ends the transfer where it is, and answers how many of its bytes have been on the wire.
    public mutating func abort() -> Int {
        defer {
            transfer = nil
            line.forget()
            deselect()
        }
        return transfer?.done ?? 0
    }

    private mutating func deselect() {
        guard selected else { return }
        selected = false
        model.deselect()
    }

    // MARK: Time on the wire

    private static let bitTimesPerByte: UInt64 = 8_000_000_000

    /// Nanoseconds that this many bytes take at the clock in force; `UInt64.max` if that is more than can be counted.
    public func timeOnWire(_ bytes: Int) -> UInt64 {
        Self.time(of: bytes, at: clock)
    }

    static func time(of bytes: Int, at clock: UInt32) -> UInt64 {
        let product = UInt64(bytes).multipliedFullWidth(by: bitTimesPerByte)
        guard product.high < clock else { return .max }
        let (quotient, rest) = UInt64(clock).dividingFullWidth(product)
        return rest == 0 || quotient == .max ? quotient : quotient + 1
    }

    /// How many of `count` bytes cross the bus in this time.
    static func bytes(of count: Int, in nanoseconds: UInt64, at clock: UInt32) -> Int {
        // The quotient fits: no clock is as fast as eight bits a nanosecond.
        let (quotient, _) = bitTimesPerByte.dividingFullWidth(nanoseconds.multipliedFullWidth(by: UInt64(clock)))
        return Int(min(UInt64(count), quotient))
    }
}
