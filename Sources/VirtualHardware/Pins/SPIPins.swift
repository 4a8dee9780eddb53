import RTOS

/// An SPI device on the pins: makes bytes of the edges of SCK while chip select is low, in SPI mode 0 or 3. It takes
/// bits at rising edges and brings the next at falling ones, the most significant first.
public struct SPIPins<Device: SPIByteDevice>: PinDevice {
    /// The device behind the pins.
    public var device: Device
    private let chipSelect: PinSet
    private var isSelected = false
    /// Bits of the byte that is coming in.
    private var bitCount = 0
    private var input: UInt8 = 0
    /// What goes out during this byte, and the bit that now does.
    private var output: UInt8 = 0xFF
    private var level = true

    /// - Parameter chipSelect: one pin; low selects the device.
    public init(_ device: Device, chipSelect: PinSet = .chipSelect) {
        self.device = device
        self.chipSelect = chipSelect
    }

    public var drive: PinDrive { isSelected ? PinDrive(.dataIn, levels: level ? .dataIn : []) : .none }

    public mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime) {
        let changed = old.symmetricDifference(new)
        if changed.contains(chipSelect) { select(!new.contains(chipSelect), at: time) }
        guard isSelected, changed.contains(.clock) else { return }
        if new.contains(.clock) {
            // Data that changes at the same instant comes too late for this edge.
            take(bit: old.contains(.dataOut), at: time)
        } else {
            level = output >> UInt8(7 - bitCount) & 1 != 0
        }
    }

    private mutating func select(_ selected: Bool, at time: MonotonicTime) {
        guard selected != isSelected else { return }
        isSelected = selected
        device.advance(to: time)
        if selected {
            device.select()
            bitCount = 0
            output = device.next
            level = output & 0x80 != 0
        } else {
            device.deselect(inMidByte: bitCount != 0)
        }
    }

    private mutating func take(bit: Bool, at time: MonotonicTime) {
        input = input << 1 | (bit ? 1 : 0)
        bitCount += 1
        guard bitCount == 8 else { return }
        bitCount = 0
        if Device.keepsTime { device.advance(to: time) }
        device.take(input)
        output = device.next
    }

    // MARK: Whole bytes

    public func takesBytes(_ shift: ByteShift) -> Bool {
        guard isSelected else { return true }
        guard bitCount == 0, !shift.leastSignificantFirst else { return false }
        // At the device's rising edge DO must hold its bit, and at the host's edge DI must.
        return shift.restsHigh
            ? (shift.bitClock.isThreePhase || !shift.writesOnLeading) && !shift.samplesOnLeading
            : true
    }

    public mutating func shiftBytes(_ bytes: UnsafeMutableRawBufferPointer, _ shift: ByteShift) {
        guard isSelected else {
            _ = bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
            return
        }
        for place in bytes.indices {
            let answer = output
            if Device.keepsTime {
                device.advance(to: shift.time(ofEdge: !shift.restsHigh, bit: 7, byte: place))
            }
            device.take(bytes[place])
            output = device.next
            bytes[place] = answer
        }
        guard let last = bytes.last else { return }
        level = (shift.restsHigh ? last : output >> 7) & 1 != 0
    }
}
