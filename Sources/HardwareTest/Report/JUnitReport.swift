import Foundation

/// A loopback report as JUnit's XML, which continuous integration reads: a test case for each point of the sweep.
public enum JUnitReport {
    public static func xml(_ report: LoopbackReport) -> String {
        let errors = report.points.count { isError($0) }
        let failures = report.points.count { !isError($0) && !$0.isGood && $0.result != nil }
        let skipped = report.points.count { $0.result == nil && $0.failureCount == 0 }
        let counts =
            "tests=\"\(report.points.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
        var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        xml += "<testsuites \(counts) time=\"\(seconds(report.seconds))\">\n"
        xml += "<testsuite name=\"hil loopback \(Markup.escaped(report.device))\" \(counts)"
        xml += " time=\"\(seconds(report.seconds))\" timestamp=\"\(Markup.escaped(report.startedAt))\">\n"
        for point in report.points { xml += testCase(point, device: report.device) }
        return xml + "</testsuite>\n</testsuites>\n"
    }

    /// The device failed and nothing could be measured.
    private static func isError(_ point: LoopbackReport.PointReport) -> Bool {
        point.result == nil && point.failureCount > 0
    }

    private static func testCase(_ point: LoopbackReport.PointReport, device: String) -> String {
        var xml = "<testcase classname=\"loopback.\(Markup.escaped(device))\" name=\"\(Markup.escaped(point.label))\""
        xml += " time=\"\(seconds(point.result?.seconds ?? 0))\">\n"
        switch (point.result, point.failure) {
        case (nil, nil):
            xml += "<skipped/>\n"
        case (nil, let failure?):
            xml += "<error message=\"\(Markup.escaped(failure))\"/>\n"
        case (let result?, let failure):
            if !point.isGood {
                xml += "<failure message=\"\(Markup.escaped(failure ?? message(result)))\">"
                xml += Markup.escaped(events(result)) + "</failure>\n"
            }
            xml += "<system-out>\(Markup.escaped(figures(result)))</system-out>\n"
        }
        return xml + "</testcase>\n"
    }

    private static func message(_ result: LoopbackResult) -> String {
        let damage = LoopbackDamageText.summary(result.damage)
        return [damage, result.timedOut ? "timed out" : ""].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private static func events(_ result: LoopbackResult) -> String {
        result.damage.events.prefix(100).map(LoopbackDamageText.line).joined(separator: "\n")
    }

    private static func figures(_ result: LoopbackResult) -> String {
        var lines = [
            "\(result.bytesSent) bytes sent, \(result.bytesReceived) back",
            String(format: "%.3f MB/s", result.bytesPerSecond / 1e6),
        ]
        for (name, summary) in [("completion", result.completion), ("round trip", result.roundTrip)] {
            guard let summary else { continue }
            lines.append("\(name) p50 \(summary.p50) ns, p99 \(summary.p99) ns, max \(summary.max) ns")
        }
        return lines.joined(separator: "\n")
    }

    private static func seconds(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
}

/// Damage in words.
public enum LoopbackDamageText {
    /// What there was, and how much of it; empty if there was nothing.
    public static func summary(_ damage: StreamDamage) -> String {
        let kinds = [
            (damage.bitErrors, "bit error", "bit errors"), (damage.garbledBytes, "byte garbled", "bytes garbled"),
            (damage.lostBytes, "byte lost", "bytes lost"), (damage.repeatedBytes, "byte repeated", "bytes repeated"),
            (damage.insertedBytes, "byte inserted", "bytes inserted"), (damage.bitSlips, "bit slip", "bit slips"),
        ]
        return kinds.filter { $0.0 > 0 }.map { "\(Markup.grouped($0.0)) \($0.0 == 1 ? $0.1 : $0.2)" }
            .joined(separator: ", ")
    }

    /// One event in words.
    public static func line(_ event: StreamDamage.Event) -> String {
        let place = Markup.grouped(event.position)
        let bytes = "\(Markup.grouped(event.count)) byte\(event.count == 1 ? "" : "s")"
        return switch event.kind {
        case .bitError: "byte \(place): \(event.count) bit\(event.count == 1 ? "" : "s") wrong"
        case .garbled: "byte \(place): \(bytes) garbled"
        case .lost: "byte \(place): \(bytes) lost"
        case .repeated: "byte \(place): \(bytes) repeated"
        case .inserted: "byte \(place): \(bytes) inserted before it"
        case .bitSlip:
            "byte \(place): slip, \(abs(event.count)) bit\(abs(event.count) == 1 ? "" : "s") "
                + (event.count > 0 ? "missing" : "too many")
        }
    }
}
