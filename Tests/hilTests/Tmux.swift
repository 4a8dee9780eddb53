import Foundation

/// A terminal that a test types into and reads: a tmux server of its own.
final class Tmux {
    private let folder: TemporaryFolder
    private var socket: String { folder.url.appendingPathComponent("tmux").path }

    /// Runs a shell command in it, and shows its status when it has ended.
    init(_ command: String) throws {
        folder = try TemporaryFolder()
        _ = try tmux([
            "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40",
            "\(command); echo \"[status $?]\"; exec sleep 1000",
        ])
    }

    /// Ends what runs in it. Every test does that itself: one that is over must leave nothing behind.
    func end() {
        _ = try? tmux(["kill-server"])
    }

    /// Presses keys, by tmux's names.
    func press(_ keys: String...) throws {
        _ = try tmux(["send-keys"] + keys)
    }

    var screen: String {
        get throws { try tmux(["capture-pane", "-p"]) }
    }

    /// Waits until the screen shows a text; what it shows then. The time limit of the test's suite ends it otherwise.
    @discardableResult
    func wait(for text: String, times: Int = 1) throws -> String {
        while true {
            let screen = try screen
            if screen.components(separatedBy: text).count > times { return screen }
            usleep(20_000)
            guard !Task.isCancelled else { throw CancellationError() }
        }
    }

    /// A server that lives on must not keep what this process has open, since another test waits for the end of its pipe,
    /// nor block the signals that threads of this process block, since it ends by one.
    private static let start =
        "sigprocmask(SIG_SETMASK, POSIX::SigSet->new()); POSIX::close($_) for 3..1023; exec @ARGV"

    private func tmux(_ arguments: [String]) throws -> String {
        let output = folder.url.appendingPathComponent("output")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/perl")
        process.arguments = ["-MPOSIX", "-e", Self.start, "tmux", "-S", socket] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return String(decoding: try Data(contentsOf: output), as: UTF8.self)
    }
}
