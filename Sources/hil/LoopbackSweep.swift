import Foundation
import HardwareTest
import PeripheralIO

/// Runs a sweep or a soak for the command: its progress, its reports and its exit status.
struct LoopbackSweep {
    var suite: LoopbackSuite
    var json: Bool
    var junitPath: String?
    var reportPath: String?

    func run() throws {
        let progress = Progress()
        var suite = suite
        suite.shouldStop = { Interruption.hasHappened }
        let soak = suite.soak
        suite.onProgress = { state in
            progress.show(Self.line(state, soak: soak), alarm: Self.alarm(state))
        }
        let report = suite.run()
        progress.clear()
        // What was asked for first: a full disk must not cost the result.
        if json { try printJSON(report) } else { print(LoopbackTable.text(report)) }
        fflush(nil)
        if let junitPath { try StandardStreams.write(JUnitReport.xml(report), toFile: junitPath) }
        if let reportPath { try StandardStreams.write(HTMLReport.page(report), toFile: reportPath) }
        try conclude(report)
    }

    private func conclude(_ report: LoopbackReport) throws {
        // What a line that stands still has swallowed is no error in the data.
        if report.points.contains(where: { $0.result.map { $0.errors > 0 && !$0.timedOut } ?? false }) {
            throw ExitStatus.dataErrors
        }
        if let error = report.points.compactMap(\.error).first { throw error }
        if report.points.contains(where: { $0.result?.timedOut ?? false }) { throw ExitStatus.timeOut }
        if report.interrupted { throw Interruption.Happened() }
        if !report.isGood { throw ExitStatus.dataErrors }
    }

    private static func line(_ state: LoopbackSuite.Progress, soak: Double?) -> String {
        let percent = state.total > 0 ? Int(Double(state.bytes) / Double(state.total) * 100) : 0
        var line = "point \(state.point + 1) of \(state.points), \(percent) %"
        if let soak { line += ", \(clock(state.seconds)) of \(clock(soak))" }
        return line
    }

    private static func alarm(_ state: LoopbackSuite.Progress) -> String {
        var words: [String] = []
        if state.errors > 0 { words.append("\(LoopbackText.grouped(state.errors)) bytes wrong") }
        if state.failures > 0 { words.append("\(LoopbackText.grouped(state.failures)) failures") }
        return words.isEmpty ? "" : ", " + words.joined(separator: ", ")
    }

    private static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    }
}
