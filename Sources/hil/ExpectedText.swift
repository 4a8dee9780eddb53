/// A regular expression that a byte stream is searched for; each byte is the character of its number (ISO 8859-1).
struct ExpectedText: ArgumentForm {
    static var form: String { "a regular expression, in which \\( stands for a bracket" }

    private let pattern: Regex<AnyRegexOutput>

    init?(argument: String) {
        // By scalars: CR and NL side by side are two characters of a line, not one.
        guard let pattern = try? Regex(argument) else { return nil }
        self.pattern = pattern.matchingSemantics(.unicodeScalar)
    }

    fileprivate func firstMatch(in text: String) -> Range<String.Index>? {
        (try? pattern.firstMatch(in: text))?.range
    }
}

/// What has come in and has not been matched yet. A plain value.
struct ExpectedStream {
    private var bytes: [UInt8] = []

    /// Of a device that talks on and on, a match must lie within so many bytes.
    static let most = 65536

    mutating func append(_ new: some Collection<UInt8>) {
        bytes += new
        if bytes.count > Self.most { bytes.removeFirst(bytes.count - Self.most) }
    }

    /// What matches, and all up to its end, which is then behind us; nil if nothing does.
    mutating func take(_ expected: ExpectedText) -> (matched: [UInt8], all: [UInt8])? {
        var text = ""
        for byte in bytes { text.unicodeScalars.append(UnicodeScalar(byte)) }
        guard let range = expected.firstMatch(in: text) else { return nil }
        let scalars = text.unicodeScalars
        let start = scalars.distance(from: scalars.startIndex, to: range.lowerBound)
        let end = scalars.distance(from: scalars.startIndex, to: range.upperBound)
        defer { bytes.removeFirst(end) }
        return (Array(bytes[start..<end]), Array(bytes[..<end]))
    }

    /// All of it.
    mutating func takeAll() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
