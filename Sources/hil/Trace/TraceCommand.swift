import ArgumentParser
import Foundation
import PeripheralIO

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show what was recorded with --trace, as text or as waves.",
        discussion: """
            A line is a transfer: seconds since the trace began, microseconds on the wire, and the bytes, > sent and \
            < received. With --vcd it is drawn as waves, CS, SCK, MOSI and MISO or TX and RX, for GTKWave, PulseView \
            and sigrok-cli.

            Example: hil spi virtual://flash 9f --read 3 --trace id.jsonl
                     hil trace id.jsonl
                     hil trace id.jsonl --vcd id.vcd
            """)

    @Argument(help: "A file that --trace has written, JSON lines.")
    var file: String

    @Option(help: ArgumentHelp("Write waves to this file; - for standard output.", valueName: "path"))
    var vcd: String?

    @Option(
        help: ArgumentHelp("Show no more bytes of a transfer. 16 unless told.", valueName: "n"), transform: Amount.parse
    )
    var bytes: Amount?

    func run() throws {
        let trace = try Trace(file: file)
        if let vcd { return try TraceFile.writeWaves(of: trace, to: vcd) }
        let kind = if case .spi(let spi) = trace.header.line { "SPI mode \(spi.mode)" } else { "serial" }
        var text = "\(trace.header.device)  \(kind), \(trace.header.speed) bit/s, \(trace.header.startedAt)\n"
        for event in trace.events {
            text += line(event) + "\n"
            if text.utf8.count > 1 << 16 {
                try StandardStreams.write(text.utf8)
                text = ""
            }
        }
        try StandardStreams.write(text.utf8)
    }

    private func line(_ event: TraceEvent) -> String {
        let micro = String(event.time / 1000)
        let (seconds, rest) = (micro.dropLast(6), micro.suffix(6))
        let start = "\(seconds.isEmpty ? "0" : seconds).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
        let time = start + "  " + padded("\(event.duration / 1000) µs", 9)
        switch event.what {
        case .transfer(let sent, _, let received):
            return time
                + [("> ", sent), ("< ", received)].filter { !$0.1.isEmpty }.map { "  " + $0 + shown($1) }.joined()
        case .sent(let bytes): return time + "  > " + shown(bytes)
        case .received(let bytes): return time + "  < " + shown(bytes)
        case .speed(let speed): return time + "  \(speed) bit/s in force"
        case .hold(let holds): return time + (holds ? "  chip select held" : "  chip select released")
        }
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func shown(_ all: [UInt8]) -> String {
        let most = max(1, bytes?.value ?? 16)
        return HexDump.spaced(all.prefix(most)) + (all.count > most ? " … (\(all.count) bytes)" : "")
    }
}
