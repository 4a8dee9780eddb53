/// Counts in stretches side by side, as rows of cells: the darker, the more.
struct StripPlot {
    struct Row {
        var name: String
        var counts: [Int]
    }

    var title: String
    var rows: [Row]
    /// What is at the left and at the right end.
    var from: String
    var to: String

    private static let width = 440.0
    private static let rowHeight = 34.0
    private static let cellHeight = 15.0
    /// More cells than these are too narrow for a phone.
    private static let mostCells = 64

    var figure: String {
        let height = Self.rowHeight * Double(rows.count) + 22
        let most = rows.flatMap { Self.cells($0.counts, columns) }.max() ?? 0
        var svg = "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\" aria-label=\""
        svg += Markup.escaped(title) + "\">\n"
        for (number, row) in rows.enumerated() {
            svg += drawing(of: row, top: Self.rowHeight * Double(number), most: most)
        }
        let foot = Markup.place(height - 6)
        svg += "<text x=\"0\" y=\"\(foot)\">\(Markup.escaped(from))</text>"
        svg +=
            "<text x=\"\(Markup.place(Self.width))\" y=\"\(foot)\" text-anchor=\"end\">\(Markup.escaped(to))</text>\n"
        svg += "</svg>\n"
        return "<figure>\n<figcaption>\(Markup.escaped(title))</figcaption>\n\(svg)</figure>\n"
    }

    private var columns: Int { min(Self.mostCells, max(1, rows.map(\.counts.count).max() ?? 1)) }

    /// Neighbours are added where there are too many.
    private static func cells(_ counts: [Int], _ columns: Int) -> [Int] {
        var cells = [Int](repeating: 0, count: columns)
        let count = max(counts.count, columns)
        for (place, value) in counts.enumerated() { cells[place * columns / count] += value }
        return cells
    }

    private func drawing(of row: Row, top: Double, most: Int) -> String {
        let total = row.counts.reduce(0, +)
        var svg = "<text x=\"0\" y=\"\(Markup.place(top + 12))\">\(Markup.escaped(row.name))</text>"
        svg += "<text x=\"\(Markup.place(Self.width))\" y=\"\(Markup.place(top + 12))\" text-anchor=\"end\">"
        svg += Markup.grouped(total) + "</text>\n"
        let (y, height) = (Markup.place(top + 16), Markup.place(Self.cellHeight))
        svg += "<rect class=\"strip\" x=\"0\" y=\"\(y)\" width=\"\(Markup.place(Self.width))\" height=\"\(height)\"/>"
        let width = Self.width / Double(columns)
        for (place, count) in Self.cells(row.counts, columns).enumerated() where count > 0 {
            // The first error of all must be seen.
            let opacity = 0.35 + 0.65 * Double(count) / Double(max(most, 1))
            svg += "<rect class=\"error\" x=\"\(Markup.place(Double(place) * width))\" y=\"\(y)\""
            svg += " width=\"\(Markup.place(width))\" height=\"\(height)\" opacity=\"\(Markup.place(opacity))\"/>"
        }
        return svg + "\n"
    }
}
