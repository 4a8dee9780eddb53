import RTOS

/// A virtual SPI controller with one device on it: a plain value that is told the time and the bytes.
///
/// It shifts a transfer byte by byte as the bus clock allows, reading each byte to send only when its turn comes, as a
/// DMA engine does; a buffer that is changed too early is sent changed.
public struct VirtualSPIController: Sendable {
    /// The base clock, that of an FT232H: SCK = 60 MHz / (2 · (1 + d)), d = 0…65535 (FTDI AN_108).
    public static let baseClock: UInt32 = 60_000_000
    public static let clockRange: ClosedRange<UInt32> = 458...30_000_000

    /// How a transfer stands.
    public enum Progress: Hashable, Sendable {
        /// All of its bytes have been on the wire.
        case complete
        /// Some are still to come: nothing that ends the transfer happens before this much time has passed.
        case busy(nanoseconds: UInt64)
        /// The device is gone.
        case unplugged
    }

    private struct Transfer {
        var count: Int
        var done = 0
        var start: MonotonicTime
    }

    private var model: any SPIModel
    private let faults: FaultPlan
    private var line: FaultyLine
    private var transfer: Transfer?
    private var selected = false
    private var onWire: UInt64 = 0
    /// Bytes that came in when nobody had a place for them, because one was repeated.
    private var early: [UInt8] = []

    /// SCK in force, in hertz.
    public private(set) var clock: UInt32
    /// Keeps chip select asserted between transfers.
    public var holdsChipSelect = false {
        didSet { if !holdsChipSelect, transfer == nil { deselect() } }
    }

    public init(clock: UInt32, model: any SPIModel = SPILoopback(), faults: FaultPlan = .none) {
        self.model = model
        self.faults = faults
        line = FaultyLine(faults)
        self.clock = Self.nearestClock(notAbove: clock)
    }

    /// The fastest clock that is no faster than asked, but never slower than the slowest there is.
    public static func nearestClock(notAbove asked: UInt32) -> UInt32 {
        let half = baseClock / 2
        let divisor = (UInt64(half) + UInt64(max(asked, 1)) - 1) / UInt64(max(asked, 1))
        return half / UInt32(min(max(divisor, 1), 65536))
    }

    /// Sets the clock, and answers the one in force.
    public mutating func setClock(_ asked: UInt32) -> UInt32 {
        clock = Self.nearestClock(notAbove: asked)
        return clock
    }

    /// True while a transfer is on the bus.
    public var isBusy: Bool { transfer != nil }

    /// Starts a transfer, and answers how many of `count` bytes it takes; 0 if one is on the bus.
    public mutating func begin(count: Int, at now: MonotonicTime) -> Int {
        guard transfer == nil, count > 0 else { return 0 }
        let taken = min(count, faults.shortWrite ?? count)
        transfer = Transfer(count: taken, start: now)
        if !selected {
            selected = true
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
        guard var transfer else { return unpluggedBy(onWire) ? .unplugged : .complete }
        let elapsed = now.nanoseconds(since: transfer.start)
        let (bits, tooLong) = elapsed.multipliedReportingOverflow(by: UInt64(clock))
        let due = tooLong ? transfer.count : Int(min(UInt64(transfer.count), bits / 8_000_000_000))
        while transfer.done < due, !unpluggedBy(onWire), !stalledBy(onWire) {
            let answer = model.shift(mosi(transfer.done))
            miso(transfer.done, faults.isTransparent ? answer : disturbed(answer))
            transfer.done += 1
            onWire += 1
        }
        self.transfer = transfer
        if unpluggedBy(onWire) { return .unplugged }
        if transfer.done == transfer.count {
            self.transfer = nil
            if !holdsChipSelect { deselect() }
            return .complete
        }
        guard !stalledBy(onWire) else { return .busy(nanoseconds: .max) }
        let untilUnplugged = faults.unplugAfter.map { $0.subtractingOrZero(onWire) } ?? .max
        let last = transfer.done + Int(min(UInt64(transfer.count - transfer.done), untilUnplugged))
        return .busy(nanoseconds: timeOnWire(last).subtractingOrZero(elapsed) &+ 1)
    }

    /// Ends the transfer where it is, and answers how many of its bytes have been on the wire.
    public mutating func abort() -> Int {
        defer {
            transfer = nil
            deselect()
        }
        return transfer?.done ?? 0
    }

    /// Nanoseconds that this many bytes take.
    public func timeOnWire(_ bytes: Int) -> UInt64 {
        let (bits, remainder) = UInt64(bytes).multipliedFullWidth(by: 8_000_000_000)
        let (quotient, rest) = UInt64(clock).dividingFullWidth((bits, remainder))
        return quotient + (rest > 0 ? 1 : 0)
    }

    /// What arrives in this place once the faults of the line have had their way.
    private mutating func disturbed(_ answer: UInt8) -> UInt8 {
        line.pass(answer) { early.append($0) }
        return early.isEmpty ? 0xFF : early.removeFirst()
    }

    private mutating func deselect() {
        guard selected else { return }
        selected = false
        model.deselect()
    }

    private func unpluggedBy(_ count: UInt64) -> Bool { faults.unplugAfter.map { count >= $0 } ?? false }
    private func stalledBy(_ count: UInt64) -> Bool { faults.stallAfter.map { count >= $0 } ?? false }
}

extension UInt64 {
    func subtractingOrZero(_ other: UInt64) -> UInt64 {
        self > other ? self - other : 0
    }
}
