import Foundation

/// Text for pages in XML, and figures as they are written there.
enum Markup {
    /// With what has a meaning in XML replaced, and what has no place in it left out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A coordinate: two places are finer than any screen.
    static func place(_ value: Double) -> String {
        String(format: "%.2f", value.isFinite ? value : 0)
    }

    static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(abs(number)).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "−" : "") + String(text.reversed())
    }

    /// Three digits and the unit's prefix: `1.25 M`.
    static func prefixed(_ value: Double) -> String {
        for (factor, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where abs(value) >= factor {
            return trimmed(value / factor) + " " + unit
        }
        return trimmed(value) + " "
    }

    static func duration(nanoseconds: Double) -> String {
        for (factor, unit) in [(1e9, "s"), (1e6, "ms"), (1e3, "µs")] where nanoseconds >= factor {
            return trimmed(nanoseconds / factor) + " " + unit
        }
        return trimmed(nanoseconds) + " ns"
    }

    static func elapsed(_ seconds: Double) -> String {
        let whole = Int(seconds)
        if whole >= 3600 { return String(format: "%d h %02d min", whole / 3600, whole / 60 % 60) }
        return whole >= 60 ? String(format: "%d min %02d s", whole / 60, whole % 60) : trimmed(seconds) + " s"
    }

    /// Bytes: powers of two as people know them.
    static func size(_ bytes: Double) -> String {
        let whole = Int(bytes)
        if whole >= 1 << 20, whole % (1 << 20) == 0 { return "\(whole >> 20) MiB" }
        if whole >= 1024, whole % 1024 == 0 { return "\(whole >> 10) KiB" }
        return prefixed(bytes) + "B"
    }

    private static func trimmed(_ value: Double) -> String {
        var text = String(format: abs(value) >= 100 ? "%.0f" : abs(value) >= 10 ? "%.1f" : "%.2f", value)
        if text.contains(".") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text
    }
}
