/// Takes the kernel's marks out of what a serial port with `PARMRK` and `INPCK` gives (termios(3)): FF 00 and a byte that
/// the line damaged, FF 00 00 for a break, FF FF for a good FF. A plain value that goes from one read to the next.
///
/// An FF in front of anything else was received before marking began; it is dropped.
struct LineErrorMarks: Hashable, Sendable {
    private enum Held {
        case nothing
        /// An FF whose meaning the next byte tells.
        case mark
        /// FF 00: the next byte is damaged.
        case markAndZero
    }

    private var held = Held.nothing

    /// Closes the gaps that the marks leave, and answers how many bytes stay.
    ///
    /// - Parameter damaged: told the place of each damaged byte, ascending.
    mutating func remove(from bytes: UnsafeMutableRawBufferPointer, damaged: (Int) -> Void) -> Int {
        var count = 0
        for place in bytes.indices {
            let byte = bytes[place]
            switch held {
            case .nothing where byte == 0xFF:
                held = .mark
                continue
            case .mark where byte == 0:
                held = .markAndZero
                continue
            case .markAndZero:
                damaged(count)
            case .nothing, .mark:
                break
            }
            held = .nothing
            bytes[count] = byte
            count += 1
        }
        return count
    }
}
