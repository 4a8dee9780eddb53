import Foundation
import HardwareTest

/// A loopback test's result as people read it.
enum LoopbackText {
    static func text(_ result: LoopbackResult) -> String {
        var lines = ["\(result.device)  \(line(isSPI: result.isSPI, bitRate: result.bitRate))"]
        lines.append(row("bytes", "\(grouped(result.bytesSent)) sent, \(grouped(result.bytesReceived)) back"))
        lines.append(row("errors", errors(result)))
        lines += damage(result)
        lines.append(row("SHA-256", digests(result)))
        lines.append(row("throughput", throughput(result)))
        if let summary = result.writeCall { lines.append(row("write call", durations(summary))) }
        if let summary = result.completion {
            // Without a wire nothing has left when the write completes; what is timed is the way to the waiter.
            let name = result.hasWire ? "completion" : "hand-over"
            lines.append(row(name, durations(summary)))
        }
        if let summary = result.roundTrip { lines.append(row("round trip", durations(summary))) }
        return lines.joined(separator: "\n")
    }

    /// The kind of line, and the rate in force.
    static func line(isSPI: Bool, bitRate: UInt32?) -> String {
        switch (isSPI, bitRate) {
        case (true, let rate): "SPI, \(frequency(rate ?? 0)) in force"
        case (false, let rate?): "serial, \(grouped(Int(rate))) baud in force"
        case (false, nil): "serial port without a wire (a pty)"
        }
    }

    private static func errors(_ result: LoopbackResult) -> String {
        if result.bytesReceived == 0, result.bytesSent > 0 {
            return "nothing came back; timed out (is TX wired to RX?)"
        }
        guard result.errors > 0 else { return result.timedOut ? "none, but it timed out" : "none" }
        let first = result.firstError.map { ", the first at byte \(grouped($0))" } ?? ""
        return "\(grouped(result.errors)) bytes\(first)\(result.timedOut ? "; timed out" : "")"
    }

    /// What was wrong, and the first places.
    private static func damage(_ result: LoopbackResult) -> [String] {
        let damage = result.damage
        guard !damage.isClean else { return [] }
        var lines = [row("", LoopbackDamageText.summary(damage))]
        lines += damage.events.prefix(mostEvents).map { row("", LoopbackDamageText.line($0)) }
        if damage.eventCount > mostEvents {
            lines.append(row("", "and \(grouped(damage.eventCount - mostEvents)) more"))
        }
        return lines
    }

    private static let mostEvents = 5

    private static func digests(_ result: LoopbackResult) -> String {
        result.sha256Sent == result.sha256Received
            ? "\(result.sha256Sent) both ways"
            : "\(result.sha256Sent) sent\n\(row("", result.sha256Received)) back"
    }

    private static func throughput(_ result: LoopbackResult) -> String {
        let rate = String(format: "%.3f MB/s", result.bytesPerSecond / 1e6)
        return rate + (result.wireShare.map(share) ?? "")
    }

    static func share(_ wireShare: Double) -> String {
        String(format: ", the wire busy %.1f %%", min(wireShare, 1) * 100)
    }

    static func durations(_ summary: LatencyRecord.Summary) -> String {
        "p50 \(microseconds(summary.p50))  p99 \(microseconds(summary.p99))  max \(microseconds(summary.max))"
            + "  (\(grouped(Int(summary.count))))"
    }

    static func row(_ name: String, _ value: String) -> String {
        "  " + name.padding(toLength: 12, withPad: " ", startingAt: 0) + value
    }

    static func microseconds(_ nanoseconds: UInt64) -> String {
        String(format: "%.1f µs", Double(nanoseconds) / 1000)
    }

    static func frequency(_ hertz: UInt32) -> String {
        hertz >= 1_000_000
            ? String(format: "%.4g MHz", Double(hertz) / 1e6) : String(format: "%.4g kHz", Double(hertz) / 1e3)
    }

    static func grouped(_ number: Int) -> String {
        let digits = String(abs(number))
        var text = number < 0 ? "-" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}
