import Foundation
import HardwareTest

/// The result of a loopback test with packets as people read it.
enum PacketLoopbackReport {
    typealias Row = LoopbackText

    static func text(_ result: PacketLoopbackResult) -> String {
        let line = Row.line(isSPI: result.isSPI, bitRate: result.bitRate)
        var lines = ["\(result.device)  \(line), packets framed by \(result.framing.rawValue)"]
        lines.append(
            Row.row(
                "packets",
                "\(Row.grouped(result.packetsSent)) sent, \(Row.grouped(result.packetsReceived)) back in order"))
        lines.append(Row.row("errors", errors(result)))
        lines.append(Row.row("dropped", drops(result.drops)))
        lines.append(Row.row("rate", rate(result)))
        if let latency = result.latency { lines.append(Row.row("latency", Row.durations(latency))) }
        if let delivery = result.delivery { lines.append(Row.row("delivery", Row.durations(delivery))) }
        let used = result.highestUsed
        lines.append(
            Row.row(
                "most used",
                "mailbox \(used.mailbox) of \(used.mailboxCapacity), pool \(used.pool) of \(used.poolCapacity), "
                    + "queue \(used.queue) of \(used.queueCapacity)"))
        return lines.joined(separator: "\n")
    }

    private static func errors(_ result: PacketLoopbackResult) -> String {
        if result.packetsReceived == 0, result.packetsDamaged == 0, result.packetsSent > 0 {
            return "nothing came back; timed out (is TX wired to RX?)"
        }
        let kinds = [
            (result.packetsLost, "lost"), (result.packetsDamaged, "damaged"),
            (result.packetsOutOfOrder, "out of order"),
        ]
        let text = kinds.filter { $0.0 > 0 }.map { "\(Row.grouped($0.0)) \($0.1)" }.joined(separator: ", ")
        return (text.isEmpty ? "none" : text) + (result.timedOut ? "; timed out" : "")
    }

    private static func drops(_ drops: PacketLoopbackResult.Drops) -> String {
        let reasons = [
            (drops.noBlock, "no block"), (drops.queueFull, "queue full"), (drops.overlong, "overlong"),
            (drops.lineError, "line error"), (drops.truncated, "truncated"), (drops.badEscape, "bad escape"),
        ]
        let text = reasons.filter { $0.0 > 0 }.map { "\($0.1) \(Row.grouped(Int($0.0)))" }.joined(separator: ", ")
        return text.isEmpty ? "none" : text
    }

    private static func rate(_ result: PacketLoopbackResult) -> String {
        let rate = String(
            format: "%@ packets/s, %.3f MB/s", Row.grouped(Int(result.packetsPerSecond)), result.bytesPerSecond / 1e6)
        return rate + (result.wireShare.map(Row.share) ?? "")
    }
}
