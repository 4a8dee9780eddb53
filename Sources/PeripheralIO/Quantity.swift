/// Numbers as people write them: `115200`, `10M`, `1.5k`, `64Ki`.
public enum Quantity {
    private static let suffixes: [(text: String, factor: Double)] = [
        ("Ki", 1024), ("Mi", 1024 * 1024), ("Gi", 1024 * 1024 * 1024), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9),
    ]

    /// The number, or nil if it is none. k, M and G are powers of 1000; Ki, Mi and Gi of 1024.
    public static func parse(_ text: String) -> Double? {
        let suffix = suffixes.first { text.hasSuffix($0.text) }
        let digits = suffix.map { text.dropLast($0.text.count) } ?? text[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isNumber || $0 == "." }), let number = Double(digits) else {
            return nil
        }
        return number * (suffix?.factor ?? 1)
    }
}

extension String {
    func range(ofScheme separator: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(separator) {
                return index..<self.index(index, offsetBy: separator.count)
            }
            index = self.index(after: index)
        }
        return nil
    }
}
