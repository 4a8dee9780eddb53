import ArgumentParser
import Foundation

/// How what comes in is shown: as it is or in hexadecimal, with a time stamp before each line, with characters mapped.
///
/// A plain value: bytes and the time give what is written.
struct TerminalView {
    /// tio's formats.
    enum Timestamp: String, CaseIterable, ExpressibleByArgument {
        case hours = "24hour"
        /// Since the start, and since the line before.
        case sinceStart = "24hour-start"
        case sinceLine = "24hour-delta"
        case iso8601
    }

    var map = LineMap()
    var isHex = false
    var timestamp: Timestamp?
    private let start: Date
    private var lineBefore: Date
    private var isAtLineStart = true

    init(start: Date) {
        self.start = start
        lineBefore = start
    }

    /// What is written for bytes that have come in.
    mutating func show(_ bytes: some Sequence<UInt8>, at now: Date) -> [UInt8] {
        var shown: [UInt8] = []
        for byte in bytes {
            if isHex {
                shown += Self.hex(byte)
                isAtLineStart = false
                continue
            }
            for character in map.received(byte) {
                // A line that has only begun by its end has had its stamp.
                if isAtLineStart, let timestamp, character != 0x0D || shown.isEmpty {
                    shown += Array("[\(stamp(timestamp, now))] ".utf8)
                }
                isAtLineStart = character == 0x0A
                shown.append(character)
            }
        }
        return shown
    }

    /// What is written for a line of the terminal's own, which stands alone.
    mutating func note(_ line: String, at now: Date) -> [UInt8] {
        let begin = isAtLineStart ? "\r" : "\r\n"
        isAtLineStart = true
        return Array("\(begin)[\(Self.hours(now))] \(line)\r\n".utf8)
    }

    static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)], UInt8(ascii: " ")]
    }

    private mutating func stamp(_ format: Timestamp, _ now: Date) -> String {
        defer { lineBefore = now }
        return switch format {
        case .hours: Self.hours(now)
        case .sinceStart: Self.span(now.timeIntervalSince(start))
        case .sinceLine: Self.span(now.timeIntervalSince(lineBefore))
        case .iso8601: Self.iso(now)
        }
    }

    private static func local(_ now: Date) -> (tm, Int) {
        var seconds = time_t(now.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        localtime_r(&seconds, &parts)
        return (parts, Int((now.timeIntervalSince1970 - Double(seconds)) * 1000))
    }

    private static func hours(_ now: Date) -> String {
        let (parts, milliseconds) = local(now)
        return String(format: "%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds)
    }

    private static func iso(_ now: Date) -> String {
        let (parts, _) = local(now)
        return String(format: "%04d-%02d-%02dT", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday) + hours(now)
    }

    private static func span(_ seconds: Double) -> String {
        let all = Int(max(0, seconds) * 1000)
        return String(
            format: "%02d:%02d:%02d.%03d", all / 3_600_000, all / 60_000 % 60, all / 1000 % 60, all % 1000)
    }
}

/// Leaves out control characters and escape sequences, for a log.
struct ControlStripper: Equatable {
    private enum State: Equatable { case text, escape, sequence }

    private var state = State.text

    mutating func strip(_ bytes: [UInt8]) -> [UInt8] {
        bytes.filter { byte in
            switch state {
            case .text:
                if byte == 0x1B { state = .escape }
                return byte >= 0x20 && byte != 0x7F || byte == 0x0A
            case .escape:
                state = byte == UInt8(ascii: "[") ? .sequence : .text
                return false
            case .sequence:
                if (0x40...0x7E).contains(byte) { state = .text }
                return false
            }
        }
    }
}
