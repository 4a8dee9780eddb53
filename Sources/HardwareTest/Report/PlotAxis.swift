import Glibc

/// One axis of a plot: which values it shows, and where.
struct PlotAxis {
    enum Scale { case linear, logarithmic }

    var title: String
    var scale: Scale
    var lowest: Double
    var highest: Double
    var ticks: [(value: Double, label: String)]

    /// 0 at the lowest value, 1 at the highest.
    func place(_ value: Double) -> Double {
        guard highest > lowest else { return 0.5 }
        switch scale {
        case .linear: return (value - lowest) / (highest - lowest)
        case .logarithmic: return log(max(value, lowest) / lowest) / log(highest / lowest)
        }
    }

    /// Shows values of any size: from 0 where they are of one order, else by orders of magnitude.
    static func fitting(_ values: [Double], title: String, label: (Double) -> String) -> PlotAxis {
        let (least, most) = (values.min() ?? 0, values.max() ?? 1)
        guard least > 0, most / least > 30 else { return linear(to: most, title: title, label: label) }
        return logarithmic(values, title: title, label: label)
    }

    static func linear(to most: Double, title: String, label: (Double) -> String) -> PlotAxis {
        let most = most > 0 ? most : 1
        let rough = most / 4
        let magnitude = pow(10, floor(log10(rough)))
        let step = magnitude * ([1.0, 2, 2.5, 5, 10].first { $0 * magnitude >= rough } ?? 10)
        let count = Int((most / step).rounded(.up))
        return PlotAxis(
            title: title, scale: .linear, lowest: 0, highest: Double(count) * step,
            ticks: (0...count).map { (Double($0) * step, label(Double($0) * step)) })
    }

    /// Whole orders of magnitude, not more than about six of them told.
    static func logarithmic(_ values: [Double], title: String, label: (Double) -> String) -> PlotAxis {
        let positive = values.filter { $0 > 0 }
        let first = Int(floor(log10(positive.min() ?? 1)))
        let last = max(first + 1, Int(ceil(log10(positive.max() ?? 10))))
        let step = max(1, (last - first + 5) / 6)
        return PlotAxis(
            title: title, scale: .logarithmic, lowest: pow(10, Double(first)), highest: pow(10, Double(last)),
            ticks: stride(from: first, through: last, by: step).map {
                (pow(10, Double($0)), label(pow(10, Double($0))))
            })
    }

    /// The values that there are, each at its place; some are told if there are too many of them.
    static func chosen(_ values: [Double], title: String, label: (Double) -> String) -> PlotAxis {
        let values = Set(values).sorted()
        let (least, most) = (values.first ?? 1, values.last ?? 1)
        let margin = values.count > 1 ? pow(most / least, 0.04) : 2
        let every = max(1, (values.count + 5) / 6)
        return PlotAxis(
            title: title, scale: .logarithmic, lowest: least / margin, highest: most * margin,
            ticks: values.enumerated().filter { ($0.offset - (values.count - 1)) % every == 0 }
                .map { ($0.element, label($0.element)) })
    }

    /// Percentiles, the last of which interest most: each nine after the comma has as much room.
    static func percentiles(count: UInt64) -> PlotAxis {
        let known = [("0", 1.0), ("50 %", 2), ("90 %", 10), ("99 %", 100), ("99.9 %", 1e3), ("99.99 %", 1e4)]
        let highest = min(max(Double(count), 10), 1e5)
        return PlotAxis(
            title: "percentile", scale: .logarithmic, lowest: 1, highest: highest,
            ticks: known.filter { $0.1 <= highest }.map { ($0.1, $0.0) })
    }
}
