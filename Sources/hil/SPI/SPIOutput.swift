import ArgumentParser
import Foundation

/// What `hil spi` prints of its transactions.
struct SPIOutput {
    enum Format: String, EnumerableFlag {
        case hex, binary, json

        static func help(for value: Format) -> ArgumentHelp? {
            switch value {
            case .hex: "Print what came in as hex (unless it came from a pipe and goes to one)."
            case .binary: "Print what came in as it is."
            case .json: "Print JSON."
            }
        }
    }

    /// All that was done, for people who have programs read it.
    struct Report: Encodable {
        struct Transaction: Encodable {
            var sent: String
            var received: String
        }

        var device: String
        /// Hertz in force.
        var speed: UInt32
        var mode: Int
        var transactions: [Transaction] = []
    }

    let format: Format
    /// Shows what was sent, too.
    let isVerbose: Bool
    let descriptor: Int32
    private var report: Report

    init(_ format: Format, isVerbose: Bool, descriptor: Int32, device: String, speed: UInt32, mode: Int) {
        self.format = format
        self.isVerbose = isVerbose
        self.descriptor = descriptor
        report = Report(device: device, speed: speed, mode: mode)
    }

    mutating func show(_ transaction: SPITransaction, received: [UInt8]) throws {
        switch format {
        case .binary: try StandardStreams.write(received, to: descriptor)
        case .json:
            report.transactions.append(
                .init(sent: HexDump.plain(transaction.sent), received: HexDump.plain(received)))
        case .hex:
            var text = ""
            if isVerbose, !transaction.sent.isEmpty { text += Self.marked(">", transaction.sent) }
            if !received.isEmpty { text += isVerbose ? Self.marked("<", received) : HexDump.text(received) + "\n" }
            try StandardStreams.write(text.utf8, to: descriptor)
        }
    }

    private static func marked(_ mark: String, _ bytes: [UInt8]) -> String {
        HexDump.text(bytes).split(separator: "\n").map { "\(mark) \($0)\n" }.joined()
    }

    func finish() throws {
        guard format == .json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try StandardStreams.write(try encoder.encode(report) + Data("\n".utf8), to: descriptor)
    }
}
