import Foundation
import HardwareTest

/// A sweep or a soak as people read it: a line for each point.
enum LoopbackTable {
    static func text(_ report: LoopbackReport) -> String {
        let results = report.points.compactMap(\.result)
        let isSPI = results.first?.isSPI ?? true
        var lines = ["\(report.device)  \(heading(report))"]
        let rows = report.points.map { cells($0, isSPI: isSPI) }
        let heads = ["pattern", isSPI ? "clock" : "baud", "mode", "transfer", "sent", "MB/s", "p50", "p99", "errors"]
        let table = [heads] + rows
        // What no point chose is not told.
        let shown = heads.indices.filter { column in rows.contains { $0[column] != "–" } }
        let widths = heads.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        for row in table {
            let cells = shown.map { column in
                let text = row[column]
                let fill = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 || column == heads.count - 1 ? text + fill : fill + text
            }
            var line = "  " + cells.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            lines.append(line)
        }
        if !report.isGood { lines += places(report) }
        return lines.joined(separator: "\n")
    }

    private static func heading(_ report: LoopbackReport) -> String {
        var words = [LoopbackText.grouped(report.points.count) + (report.points.count == 1 ? " point" : " points")]
        if report.rounds > 1 { words.append(LoopbackText.grouped(report.rounds) + " rounds") }
        words.append(String(format: "%.1f s", report.seconds))
        words.append("p50 and p99 of the round trip")
        if report.interrupted { words.append("ended before its time") }
        return words.joined(separator: ", ")
    }

    private static func cells(_ point: LoopbackReport.PointReport, isSPI: Bool) -> [String] {
        let result = point.result
        let rate = (result?.bitRate ?? point.rate).map {
            isSPI ? LoopbackText.frequency($0) : LoopbackText.grouped(Int($0))
        }
        return [
            point.pattern, rate ?? "–", point.mode.map { String($0) } ?? "–",
            (point.transferSize ?? result?.transferSize).map(LoopbackText.grouped) ?? "–",
            result.map { LoopbackText.grouped($0.bytesSent) } ?? "–",
            result.map { String(format: "%.3f", $0.bytesPerSecond / 1e6) } ?? "–",
            result?.roundTrip.map { LoopbackText.microseconds($0.p50) } ?? "–",
            result?.roundTrip.map { LoopbackText.microseconds($0.p99) } ?? "–",
            errors(point),
        ]
    }

    private static func errors(_ point: LoopbackReport.PointReport) -> String {
        var words: [String] = []
        if let result = point.result {
            if !result.damage.isClean { words.append(LoopbackDamageText.summary(result.damage)) }
            if result.timedOut { words.append("timed out") }
        }
        if let failure = point.failure {
            words.append(point.failureCount > 1 ? "\(failure) (\(point.failureCount) times)" : failure)
        }
        if words.isEmpty { return point.result == nil ? "not run" : "none" }
        return words.joined(separator: "; ")
    }

    /// The first places of each point that has any.
    private static func places(_ report: LoopbackReport) -> [String] {
        let bad = report.points.filter { !($0.result?.damage.isClean ?? true) }
        return bad.prefix(mostPoints).flatMap { point in
            let damage = point.result?.damage ?? StreamDamage()
            var lines = ["  \(point.label):"]
            lines += damage.events.prefix(3).map { "    \(LoopbackDamageText.line($0))" }
            if damage.eventCount > 3 { lines.append("    and \(LoopbackText.grouped(damage.eventCount - 3)) more") }
            return lines
        }
            + (bad.count > mostPoints
                ? ["  … and \(bad.count - mostPoints) more points; --json and --report have all"] : [])
    }

    private static let mostPoints = 4
}
