/// Bytes as people read them.
enum HexDump {
    /// Bytes that stand in one line.
    static let width = 16

    /// Up to 16 bytes as `ef 40 15`; more as lines with offset, bytes and text, like `hexdump -C`.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        guard bytes.count > width else { return spaced(bytes) }
        var lines: [String] = []
        var rest = bytes[...]
        var offset = 0
        while !rest.isEmpty {
            let line = rest.prefix(width)
            let number = String(offset, radix: 16)
            let hex = "\(spaced(line.prefix(8)))  \(spaced(line.dropFirst(8)))"
            lines.append(
                String(repeating: "0", count: max(0, 8 - number.count)) + number + "  " + hex
                    + String(repeating: " ", count: 3 * width + 1 - hex.count) + " |\(letters(line))|")
            rest = rest.dropFirst(width)
            offset += width
        }
        return lines.joined(separator: "\n")
    }

    /// `ef 40 15`.
    static func spaced(_ bytes: some Collection<UInt8>) -> String { digits(bytes, between: 0x20) }

    /// `ef4015`.
    static func plain(_ bytes: some Collection<UInt8>) -> String { digits(bytes, between: nil) }

    private static func digits(_ bytes: some Collection<UInt8>, between space: UInt8?) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 3)
        for byte in bytes {
            if let space, !text.isEmpty { text.append(space) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func letters(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }
}
