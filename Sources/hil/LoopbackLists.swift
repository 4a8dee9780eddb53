import PeripheralIO

/// Numbers as people list them: `1M,10M`, and `64..64Ki`, which doubles from the first to the last.
struct AmountList: ArgumentForm {
    static var form: String { "a list of numbers above 0, such as 1M,10M or 64..64Ki, which doubles" }

    var values: [Int]

    init?(argument: String) {
        values = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let dots = part.firstRange(of: "..") else {
                guard let value = Self.number(part) else { return nil }
                values.append(value)
                continue
            }
            guard let first = Self.number(part[..<dots.lowerBound]), let last = Self.number(part[dots.upperBound...]),
                first <= last
            else { return nil }
            var value = first
            while value < last {
                values.append(value)
                value *= 2
            }
            values.append(last)
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard let number = Quantity.parse(String(text)).flatMap({ Int(exactly: $0) }), number > 0 else { return nil }
        return number
    }
}

/// A duration as people write it: `90`, `90s`, `15m`, `8h`, `2d`.
struct TimeSpan: ArgumentForm {
    static var form: String { "a time, such as 90s, 15m or 8h" }

    var seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let factor = argument.last.flatMap { units[$0] }
        let digits = factor == nil ? argument[...] : argument.dropLast()
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }), let number = Double(digits), number > 0,
            number * (factor ?? 1) < 1e8
        else { return nil }
        seconds = number * (factor ?? 1)
    }
}
