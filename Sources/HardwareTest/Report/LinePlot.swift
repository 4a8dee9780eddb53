/// Lines over two axes, as a drawing in SVG that fits a phone and a sheet of paper.
struct LinePlot {
    struct Series {
        var name: String
        var points: [(x: Double, y: Double)]
        /// Markers help where points are few.
        var hasMarkers = true
    }

    var title: String
    var x: PlotAxis
    var y: PlotAxis
    var series: [Series]

    private static let width = 440.0
    private static let height = 290.0
    private static let left = 62.0
    private static let right = 14.0
    private static let top = 12.0
    private static let bottom = 46.0

    /// So many lines can be told apart, by colour and, on paper, by dashes.
    static let mostSeries = 6

    private func horizontal(_ value: Double) -> Double {
        Self.left + x.place(value) * (Self.width - Self.left - Self.right)
    }

    private func vertical(_ value: Double) -> Double {
        Self.height - Self.bottom - y.place(value) * (Self.height - Self.top - Self.bottom)
    }

    /// The drawing, its title and its legend.
    var figure: String {
        var svg = "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\""
        svg += Markup.escaped(title) + "\">\n" + grid
        for (number, line) in series.prefix(Self.mostSeries).enumerated() { svg += drawing(of: line, number) }
        svg += "</svg>\n"
        let legend = series.prefix(Self.mostSeries).enumerated().map { number, line in
            "<li class=\"s\(number)\"><svg viewBox=\"0 0 28 10\" class=\"key\" aria-hidden=\"true\">"
                + "<path d=\"M1 5H27\"/></svg>\(Markup.escaped(line.name))</li>"
        }.joined(separator: "\n")
        return
            "<figure>\n<figcaption>\(Markup.escaped(title))</figcaption>\n\(svg)<ul class=\"legend\">\n\(legend)\n</ul>\n"
            + "</figure>\n"
    }

    private var grid: String {
        let (low, high) = (Self.height - Self.bottom, Self.width - Self.right)
        var svg = ""
        for tick in y.ticks {
            let place = Markup.place(vertical(tick.value))
            svg += "<path class=\"grid\" d=\"M\(Markup.place(Self.left)) \(place)H\(Markup.place(high))\"/>"
            svg += "<text x=\"\(Markup.place(Self.left - 6))\" y=\"\(place)\" dy=\"0.35em\" text-anchor=\"end\">"
            svg += Markup.escaped(tick.label) + "</text>\n"
        }
        for tick in x.ticks {
            let place = Markup.place(horizontal(tick.value))
            svg += "<path class=\"grid\" d=\"M\(place) \(Markup.place(Self.top))V\(Markup.place(low))\"/>"
            svg += "<text x=\"\(place)\" y=\"\(Markup.place(low + 17))\" text-anchor=\"middle\">"
            svg += Markup.escaped(tick.label) + "</text>\n"
        }
        svg += "<path class=\"axis\" d=\"M\(Markup.place(Self.left)) \(Markup.place(Self.top))V\(Markup.place(low))"
        svg += "H\(Markup.place(high))\"/>\n"
        svg += "<text x=\"\(Markup.place((Self.left + high) / 2))\" y=\"\(Markup.place(Self.height - 8))\""
        svg += " text-anchor=\"middle\" class=\"title\">\(Markup.escaped(x.title))</text>\n"
        return svg
    }

    private func drawing(of line: Series, _ number: Int) -> String {
        let places = line.points.map { (Markup.place(horizontal($0.x)), Markup.place(vertical($0.y))) }
        guard let first = places.first else { return "" }
        var svg = "<g class=\"s\(number)\"><path d=\"M\(first.0) \(first.1)"
        svg += places.dropFirst().map { "L\($0.0) \($0.1)" }.joined() + "\"/>"
        if line.hasMarkers {
            svg += places.map { "<circle cx=\"\($0.0)\" cy=\"\($0.1)\" r=\"3.2\"/>" }.joined()
        }
        return svg + "</g>\n"
    }
}
