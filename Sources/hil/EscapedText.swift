/// Bytes as people write them in an argument: `\r`, `\n`, `\t`, `\0`, `\e`, `\\` and `\x1b` as in C, the rest in UTF-8.
struct EscapedText: ArgumentForm, Equatable {
    static var form: String { "a text, in which \\r, \\n, \\t, \\0, \\e, \\\\ and \\x1b stand for bytes" }

    var bytes: [UInt8] = []

    init?(argument: String) {
        let plain: [UInt8: UInt8] = [
            UInt8(ascii: "r"): 0x0D, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "0"): 0x00,
            UInt8(ascii: "e"): 0x1B, UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "\\"): 0x5C,
        ]
        var rest = Array(argument.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            if kind == UInt8(ascii: "x") {
                guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2
                else {
                    return nil
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else if let value = plain[kind] {
                bytes.append(value)
            } else {
                return nil
            }
        }
    }
}
