import RTOS

/// What can be wired to the pins of a virtual chip. A new one is a type that conforms to this: it is told of every
/// change of level, and says what it drives in return.
///
/// A device that speaks SPI in whole bytes need not count edges: conform to `SPIByteDevice`, and let `SPIPins` do so.
public protocol PinDevice: Sendable {
    /// What it drives now. May depend on the levels that it was last told, as a gate's output does on its input.
    var drive: PinDrive { get }

    /// Levels have changed. What changes at one instant, such as a clock's edge and the data behind it, comes in the
    /// order of cause and effect, one call each.
    mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime)

    /// True if, as it stands, it makes of whole bytes in `shiftBytes` exactly what it would make of their edges.
    func takesBytes(_ shift: ByteShift) -> Bool

    /// Whole bytes in the place of their edges: what goes out on DO stands in `bytes`, and what it drives on DI takes
    /// its place. Called only where `takesBytes` is true.
    mutating func shiftBytes(_ bytes: UnsafeMutableRawBufferPointer, _ shift: ByteShift)
}

extension PinDevice {
    public func takesBytes(_ shift: ByteShift) -> Bool { false }
    public mutating func shiftBytes(_ bytes: UnsafeMutableRawBufferPointer, _ shift: ByteShift) {}
}

/// The pins that somebody drives, and to which levels; the others float.
public struct PinDrive: Hashable, Sendable {
    public var pins: PinSet
    public var levels: PinSet

    public init(_ pins: PinSet = [], levels: PinSet = []) {
        self.pins = pins
        self.levels = levels
    }

    /// Drives nothing.
    public static let none = PinDrive()

    /// `levels`, with those of the pins that this drives put in their place.
    func over(_ levels: PinSet) -> PinSet {
        levels.subtracting(pins).union(self.levels.intersection(pins))
    }
}

/// How the bits of whole bytes cross the pins.
public struct ByteShift: Hashable, Sendable {
    /// SCK rests high, so that the first edge of each bit falls.
    public var restsHigh: Bool
    /// DO goes on to the next bit at the first edge of each bit, rather than at the second.
    public var writesOnLeading: Bool
    /// DI is sampled at the first edge of each bit, rather than at the second.
    public var samplesOnLeading: Bool
    public var leastSignificantFirst: Bool
    /// When the first bit begins.
    public var start: BitClock.Tick
    public var bitClock: BitClock

    /// When the first or the second edge of a bit of these bytes comes.
    public func time(ofEdge leading: Bool, bit: Int, byte: Int) -> MonotonicTime {
        let bits = UInt64(byte * 8 + bit)
        return BitClock.time(of: start + bits * bitClock.bitTicks + (leading ? 1 : 2) * bitClock.halfPeriod)
    }
}
