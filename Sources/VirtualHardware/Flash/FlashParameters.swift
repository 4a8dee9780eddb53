/// The serial flash discoverable parameters of a virtual flash (JEDEC JESD216): header, one parameter header, and the
/// basic parameter table of nine words, which promises nothing but what the model does.
enum FlashParameters {
    /// Where the table stands.
    private static let tableAddress: UInt8 = 0x80

    static func table(capacity: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xFF, count: 256)
        // Signature, revision 1.0, one parameter header.
        bytes.replaceSubrange(0..<8, with: [0x53, 0x46, 0x44, 0x50, 0x00, 0x01, 0x00, 0xFF])
        // Basic table of JEDEC, revision 1.0, nine words.
        bytes.replaceSubrange(8..<16, with: [0x00, 0x00, 0x01, 0x09, tableAddress, 0x00, 0x00, 0xFF])
        let words: [UInt32] = [
            // 4 KiB erase by 0x20, pages of 64 bytes or more, three address bytes, no dual or quad reads.
            0xFF80_20E5,
            UInt32(capacity * 8 - 1),
            0, 0,
            0xFFFF_FFEE,
            0x0000_FFFF,
            0x0000_FFFF,
            // 4 KiB by 0x20, 32 KiB by 0x52, 64 KiB by 0xD8.
            0x520F_200C,
            0x0000_D810,
        ]
        for (place, word) in words.enumerated() {
            for byte in 0..<4 {
                bytes[Int(tableAddress) + 4 * place + byte] = UInt8(truncatingIfNeeded: word >> UInt32(8 * byte))
            }
        }
        return bytes
    }
}
