/// Rates as people read them.
enum Frequency {
    /// Hertz with a prefix and four significant digits: `458 Hz`, `1.5 MHz`, `7.059 MHz`.
    static func text(_ hertz: UInt32) -> String {
        guard hertz >= 1000 else { return "\(hertz) Hz" }
        let (unit, name): (UInt64, String) = hertz >= 1_000_000 ? (1_000_000, "MHz") : (1000, "kHz")
        var step: UInt64 = 1
        while UInt64(hertz) / step >= 10_000 { step *= 10 }
        let rounded = (UInt64(hertz) + step / 2) / step * step
        var fraction = String(rounded % unit + unit).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(rounded / unit)\(fraction.isEmpty ? "" : ".")\(fraction) \(name)"
    }
}
