/// One line of a trace, read: a JSON object of strings, whole numbers and truth values.
///
/// Foundation has a decoder for all of JSON. It is not used because firmware's library would carry Foundation with it,
/// and the linker would warn of a call in it whenever a firmware is linked statically.
struct JSONLine {
    /// It is no such object, or a value is of another kind than the one that was asked for.
    struct Malformed: Error {}

    private enum Value {
        case text([UInt8])
        /// As it is written.
        case number(String)
        case truth(Bool)
    }

    private var values: [[UInt8]: Value] = [:]

    init(_ line: ArraySlice<UInt8>) throws(Malformed) {
        var scanner = Scanner(rest: line)
        try scanner.expect("{")
        if !scanner.take("}") {
            repeat {
                let key = try scanner.text()
                try scanner.expect(":")
                values[key] = try scanner.value()
            } while scanner.take(",")
            try scanner.expect("}")
        }
        guard scanner.isAtEnd else { throw Malformed() }
    }

    // Of a key that is not there, or has `null`, they answer nil.

    func text(_ key: String) throws(Malformed) -> [UInt8]? {
        switch values[Array(key.utf8)] {
        case .text(let text): return text
        case nil: return nil
        default: throw Malformed()
        }
    }

    func string(_ key: String) throws(Malformed) -> String? {
        guard let text = try text(key) else { return nil }
        guard let string = String(validating: text, as: UTF8.self) else { throw Malformed() }
        return string
    }

    func number<Number: FixedWidthInteger>(_ key: String) throws(Malformed) -> Number? {
        switch values[Array(key.utf8)] {
        case .number(let digits):
            guard let number = Number(digits) else { throw Malformed() }
            return number
        case nil: return nil
        default: throw Malformed()
        }
    }

    func truth(_ key: String) throws(Malformed) -> Bool? {
        switch values[Array(key.utf8)] {
        case .truth(let truth): return truth
        case nil: return nil
        default: throw Malformed()
        }
    }

    /// Goes through the line.
    private struct Scanner {
        var rest: ArraySlice<UInt8>

        private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

        var isAtEnd: Bool { rest.allSatisfy(Self.isSpace) }

        /// Whether this character came next; then it is taken.
        mutating func take(_ character: Unicode.Scalar) -> Bool {
            rest = rest.drop(while: Self.isSpace)
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
            guard take(character) else { throw Malformed() }
        }

        mutating func value() throws(Malformed) -> Value? {
            rest = rest.drop(while: Self.isSpace)
            if rest.first == UInt8(ascii: "\"") { return .text(try text()) }
            let word = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") && !Self.isSpace($0) }
            rest = rest[word.endIndex...]
            switch String(decoding: word, as: UTF8.self) {
            case "true": return .truth(true)
            case "false": return .truth(false)
            case "null": return nil
            case let number:
                guard !number.isEmpty, number.allSatisfy("0123456789+-.eE".contains) else { throw Malformed() }
                return .number(number)
            }
        }

        /// A string, without its quotes and escapes.
        mutating func text() throws(Malformed) -> [UInt8] {
            try expect("\"")
            var text: [UInt8] = []
            while true {
                let plain = rest.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 >= 0x20 }
                text += plain
                rest = rest[plain.endIndex...]
                if rest.starts(with: "\\u".utf8) {
                    text += String(decoding: try units(), as: UTF16.self).utf8
                    continue
                }
                let end = rest.popFirst()
                if end == UInt8(ascii: "\"") { return text }
                guard end == UInt8(ascii: "\\"), let letter = rest.popFirst(), let byte = Self.escapes[letter] else {
                    throw Malformed()
                }
                text.append(byte)
            }
        }

        /// What the letters after a backslash stand for.
        private static let escapes: [UInt8: UInt8] = [
            UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
            UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
            UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        ]

        /// Characters by their numbers, of which two may make one.
        private mutating func units() throws(Malformed) -> [UInt16] {
            var units: [UInt16] = []
            while rest.starts(with: "\\u".utf8) {
                let digits = rest.dropFirst(2).prefix(4)
                guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
                    throw Malformed()
                }
                units.append(unit)
                rest = rest[digits.endIndex...]
            }
            return units
        }
    }
}
