import RTOS

/// A wire between two pins: the second follows the first. From DO to DI it is the loopback of an SPI bus.
public struct PinWire: PinDevice {
    private let from: PinSet
    private let to: PinSet
    private var level = true

    /// - Parameters:
    ///   - from: one pin, which drives.
    ///   - to: the pins that follow it.
    public init(from: PinSet = .dataOut, to: PinSet = .dataIn) {
        self.from = from
        self.to = to
    }

    public var drive: PinDrive { PinDrive(to, levels: level ? to : []) }

    public mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime) {
        level = new.contains(from)
    }

    /// DI must be sampled while DO still holds the bit: not at an edge after the one that brought the next.
    public func takesBytes(_ shift: ByteShift) -> Bool {
        from == .dataOut && to == .dataIn
            && (shift.bitClock.isThreePhase || !shift.writesOnLeading || shift.samplesOnLeading)
    }

    public mutating func shiftBytes(_ bytes: UnsafeMutableRawBufferPointer, _ shift: ByteShift) {
        guard let last = bytes.last else { return }
        level = last & (shift.leastSignificantFirst ? 0x80 : 0x01) != 0
    }
}
