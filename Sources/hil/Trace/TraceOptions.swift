import ArgumentParser
import Foundation
import PeripheralIO
import Synchronization

/// `--trace FILE`, the same for every command that opens a device.
struct TraceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write each transfer with its times to this file: waves if it ends in .vcd, else JSON lines.",
            valueName: "path"))
    var trace: String?

    /// What is open of the file; nil if none was asked for. Made before the device is opened, finished when it has been
    /// closed.
    func begin() throws -> TraceFile? { try trace.map { try TraceFile(path: $0) } }
}

/// A trace on its way to a file.
struct TraceFile {
    let recorder: TraceRecorder
    private let path: String
    /// Waves are many times as long as what they show, so they are drawn when all is over.
    private var lines: String { isWaves ? path + ".part" : path }
    private var isWaves: Bool { path.hasSuffix(".vcd") }

    init(path: String) throws {
        self.path = path
        do {
            recorder = try TraceRecorder(path: path.hasSuffix(".vcd") ? path + ".part" : path)
        } catch {
            throw UsageError(message: "\(path): cannot be written; choose a file in a folder that you may write to")
        }
    }

    /// Some trace of this process is not whole: it ends with a status that says so, if nothing else went wrong.
    static let hasFailed = Atomic(false)

    /// Puts the file in order. What goes wrong is told; it is no reason to doubt what was done on the device.
    func finish() {
        do {
            let hasBegun = recorder.hasBegun
            try recorder.finish()
            guard hasBegun else {
                unlink(lines)
                return
            }
            guard isWaves else { return }
            try Self.writeWaves(of: Trace(file: lines), to: path)
            unlink(lines)
        } catch {
            let reason =
                (error as? UsageError)?.message ?? (error as? StandardStreams.OutputError)?.message ?? "\(error)"
            StandardStreams.tell("hil: the trace is not whole: \(reason)")
            Self.hasFailed.store(true, ordering: .relaxed)
        }
    }

    /// Draws the waves of a trace into a file.
    static func writeWaves(of trace: Trace, to path: String) throws {
        let descriptor = try StandardStreams.open(writing: path)
        defer { if descriptor != STDOUT_FILENO { close(descriptor) } }
        try trace.writeWaves { try StandardStreams.write($0, to: descriptor) }
    }
}
