import Foundation

/// The tables of a report's page.
enum HTMLReportTables {
    private static let mostEvents = 200

    static func points(_ report: LoopbackReport) -> String {
        let isSPI = report.points.compactMap(\.result).first?.isSPI ?? true
        let heads = [
            "pattern", isSPI ? "clock" : "baud rate", "mode", "transfer", "sent", "wrong", "throughput", "wire busy",
            "round trip p50", "p99", "completion p50", "p99", "max",
        ]
        var table = "<section><h2>Measured</h2>\n<div class=\"scroll\"><table>\n<thead><tr>"
        let hidden = report.points.contains { $0.mode != nil } ? nil : heads.firstIndex(of: "mode")
        table +=
            shown(heads, without: hidden).map { "<th>\($0)</th>" }.joined()
            + "<th class=\"left\">what was wrong</th></tr></thead>\n<tbody>\n"
        for point in report.points { table += row(point, isSPI: isSPI, without: hidden) }
        return table + "</tbody>\n</table></div></section>\n"
    }

    private static func shown(_ cells: [String], without hidden: Int?) -> [String] {
        cells.enumerated().filter { $0.offset != hidden }.map(\.element)
    }

    private static func row(_ point: LoopbackReport.PointReport, isSPI: Bool, without hidden: Int?) -> String {
        let result = point.result
        var cells = [point.pattern]
        let asked = point.rate.map(Double.init).map(Markup.prefixed)
        let inForce = result?.bitRate.map(Double.init).map(Markup.prefixed)
        cells.append((inForce ?? asked).map { $0 + (isSPI ? "Hz" : "Bd") } ?? "–")
        cells.append(point.mode.map { String($0) } ?? "–")
        cells.append((result?.transferSize ?? point.transferSize).map { Markup.size(Double($0)) } ?? "–")
        cells.append(result.map { Markup.grouped($0.bytesSent) } ?? "–")
        cells.append(result.map { Markup.grouped($0.errors) } ?? "–")
        cells.append(result.map { Markup.prefixed($0.bytesPerSecond) + "B/s" } ?? "–")
        cells.append(result?.wireShare.map { String(format: "%.1f %%", min($0, 1) * 100) } ?? "–")
        for value in [
            result?.roundTrip?.p50, result?.roundTrip?.p99, result?.completion?.p50, result?.completion?.p99,
            result?.completion?.max,
        ] {
            cells.append(value.map { Markup.duration(nanoseconds: Double($0)) } ?? "–")
        }
        var wrong = result.map { LoopbackDamageText.summary($0.damage) } ?? ""
        if let result, result.timedOut { wrong += wrong.isEmpty ? "timed out" : "; timed out" }
        if let failure = point.failure {
            wrong += (wrong.isEmpty ? "" : "; ") + failure
            if point.failureCount > 1 { wrong += " (\(point.failureCount) times)" }
        }
        return "<tr>" + shown(cells, without: hidden).map { "<td>\(Markup.escaped($0))</td>" }.joined()
            + "<td class=\"text\(wrong.isEmpty ? "" : " bad")\">\(wrong.isEmpty ? "–" : Markup.escaped(wrong))</td></tr>\n"
    }

    static func events(_ report: LoopbackReport) -> String {
        let bad = report.points.filter { !($0.result?.damage.events.isEmpty ?? true) }
        guard !bad.isEmpty else { return "" }
        var section = "<section><h2>Errors, in the order of the stream</h2>\n"
        let each = max(5, mostEvents / bad.count)
        for point in bad {
            guard let damage = point.result?.damage else { continue }
            section += "<h3>\(Markup.escaped(point.label))</h3>\n<ul>\n"
            for event in damage.events.prefix(each) {
                section += "<li>\(Markup.escaped(LoopbackDamageText.line(event)))</li>\n"
            }
            let rest = damage.eventCount - min(each, damage.events.count)
            if rest > 0 { section += "<li>and \(Markup.grouped(rest)) more</li>\n" }
            section += "</ul>\n"
        }
        return section + "</section>\n"
    }
}
