import RTOS
import VirtualHardware

/// An SPI device as the textbook has it, in any mode and bit order: clocks bits in and out at the edges of its mode while
/// it is selected.
///
/// It knows nothing of how an MPSSE makes a mode.
struct SPISlave: PinDevice {
    let mode: Int
    let leastSignificantFirst: Bool
    private let select: PinSet
    /// It is shown every edge, rather than whole bytes where these come to the same.
    private let isExact: Bool
    /// What it sends, again and again.
    private let answers: [UInt8]

    /// What came in, in whole bytes, and the bits of the one that is coming in.
    private(set) var received: [UInt8] = []
    private var input: UInt8 = 0
    /// Edges at which it sampled, and at which it put out a bit, since it was selected.
    private(set) var sampled = 0
    private var shifted = 0
    private(set) var selections = 0
    /// How many bits there were under each select that has ended.
    private(set) var bitsPerSelect: [Int] = []
    /// SCK was not where the mode has it idle when the device was selected or released.
    private(set) var misplacedClocks = 0
    private var isSelected = false
    private var level = true

    init(
        mode: Int, leastSignificantFirst: Bool = false, select: PinSet = .adbus(3), isExact: Bool = false,
        answers: [UInt8] = [0]
    ) {
        self.mode = mode
        self.leastSignificantFirst = leastSignificantFirst
        self.select = select
        self.isExact = isExact
        self.answers = answers
    }

    private var idlesHigh: Bool { mode & 2 != 0 }
    private var samplesAtTrailing: Bool { mode & 1 != 0 }

    var drive: PinDrive { isSelected ? PinDrive(.dataIn, levels: level ? .dataIn : []) : .none }

    mutating func pinsChanged(from old: PinSet, to new: PinSet, at time: MonotonicTime) {
        let changed = old.symmetricDifference(new)
        if changed.contains(select) { select(!new.contains(select), clockIsHigh: new.contains(.clock)) }
        guard isSelected, changed.contains(.clock) else { return }
        let isTrailing = new.contains(.clock) == idlesHigh
        if isTrailing == samplesAtTrailing { sample(old.contains(.dataOut)) } else { shift() }
    }

    private mutating func select(_ selected: Bool, clockIsHigh: Bool) {
        guard selected != isSelected else { return }
        isSelected = selected
        if selected {
            selections += 1
            (sampled, shifted) = (0, 0)
            if clockIsHigh != idlesHigh { misplacedClocks += 1 }
            if !samplesAtTrailing { shift() }
        } else {
            bitsPerSelect.append(sampled)
        }
    }

    private mutating func sample(_ bit: Bool) {
        input = leastSignificantFirst ? input >> 1 | (bit ? 0x80 : 0) : input << 1 | (bit ? 1 : 0)
        sampled += 1
        if sampled % 8 == 0 { received.append(input) }
    }

    private mutating func shift() {
        let byte = answers[(base + shifted / 8) % answers.count]
        level = byte >> UInt8(leastSignificantFirst ? shifted % 8 : 7 - shifted % 8) & 1 != 0
        shifted += 1
    }

    /// Bytes before this select.
    private var base: Int { bitsPerSelect.reduce(0) { $0 + $1 / 8 } }

    // MARK: Whole bytes

    func takesBytes(_ shift: ByteShift) -> Bool {
        guard isSelected else { return true }
        guard !isExact, sampled % 8 == 0, shift.leastSignificantFirst == leastSignificantFirst else { return false }
        // At which edge the host samples does not show where it only writes: the exact device sees to that.
        if samplesAtTrailing, shift.bitClock.isThreePhase { return shift.restsHigh == idlesHigh }
        // SCK rests such that the first edge samples.
        return shift.restsHigh == (idlesHigh != samplesAtTrailing) && !shift.writesOnLeading
    }

    mutating func shiftBytes(_ bytes: UnsafeMutableRawBufferPointer, _ shift: ByteShift) {
        guard isSelected else {
            _ = bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
            return
        }
        let base = base
        received.append(contentsOf: bytes)
        for place in bytes.indices { bytes[place] = answers[(base + sampled / 8 + place) % answers.count] }
        sampled += 8 * bytes.count
        shifted += 8 * bytes.count
        let next = answers[(base + (shifted - 1) / 8) % answers.count]
        let bit = (shifted - 1) % 8
        level = next >> UInt8(leastSignificantFirst ? bit : 7 - bit) & 1 != 0
    }
}
