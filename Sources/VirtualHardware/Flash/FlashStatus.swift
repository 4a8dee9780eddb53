/// The status registers of a 25-series flash with their names at Winbond (W25Q16JV data sheet, section 7.1), and what
/// their protection bits protect.
struct FlashStatus: Hashable, Sendable {
    /// Status register 1 without BUSY: WEL, BP0–2, TB, SEC, SRP.
    var first: UInt8 = 0
    /// Status register 2: SRL, QE, LB1–3, CMP, SUS.
    var second: UInt8 = 0
    var third: UInt8 = 0x60

    static let busy: UInt8 = 0x01
    static let writeEnable: UInt8 = 0x02
    /// What a write of each register can change.
    static let writable: (first: UInt8, second: UInt8, third: UInt8) = (0xFC, 0x7B, 0x64)

    var isWriteEnabled: Bool {
        get { first & Self.writeEnable != 0 }
        set { first = newValue ? first | Self.writeEnable : first & ~Self.writeEnable }
    }

    /// The addresses that can be neither programmed nor erased.
    func protected(capacity: Int) -> Range<Int> {
        let level = Int(first >> 2 & 7)
        let fromBottom = first & 0x20 != 0
        let (inSectors, complement) = (first & 0x40 != 0, second & 0x40 != 0)
        var size = 0
        if level == 7 || !inSectors && level == 6 {
            size = capacity
        } else if level > 0 {
            size = inSectors ? 4096 << min(level - 1, 3) : max(capacity / 32, 65536) << (level - 1)
        }
        size = min(size, capacity)
        // The complement of the bottom is the top.
        let kept = complement ? capacity - size : size
        return fromBottom != complement ? 0..<kept : capacity - kept..<capacity
    }
}
