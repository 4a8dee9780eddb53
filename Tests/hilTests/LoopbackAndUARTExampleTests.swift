import Foundation
import Testing

/// A command line of the documentation, and what it is said to print.
struct Example: CustomTestStringConvertible, Sendable {
    var command: String
    var output: String

    var testDescription: String { command }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The blocks of the README that begin with a prompt and run one of these subcommands on a virtual device.
    static func readme(of subcommands: [String]) -> [Example] {
        let text = (try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)) ?? ""
        var examples: [Example] = []
        var isInBlock = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("    $ ") {
                examples.append(Example(command: String(line.dropFirst(6)), output: ""))
                isInBlock = true
            } else if isInBlock, line.hasPrefix("    ") {
                examples[examples.count - 1].output += line.dropFirst(4) + "\n"
            } else {
                isInBlock = false
            }
        }
        return examples.filter { example in
            example.command.contains("virtual://") && subcommands.contains { example.command.contains("hil \($0) ") }
        }
    }

    /// Those of a subcommand's help, which say no output.
    static func help(of subcommand: String) throws -> [Example] {
        let text = try Hil.run(subcommand, "--help").text
        var examples: [Example] = []
        var isInExample = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Example: ") {
                examples.append(Example(command: String(line.dropFirst(9)), output: ""))
                isInExample = true
            } else if line.isEmpty {
                isInExample = false
            } else if isInExample {
                // The help breaks what is too long for a line.
                examples[examples.count - 1].command += " " + line
            }
        }
        return examples
    }

    /// Runs it as a shell does, in a folder of its own.
    func run() throws -> String {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        let path = URL(fileURLWithPath: Hil.path).deletingLastPathComponent().path
        process.arguments = ["-c", "PATH='\(path)':$PATH; exec 2>&1; \(command)"]
        process.currentDirectoryURL = folder.url
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// What is the same in every run: measured figures become `#`, and the room around them one space.
    static func unmeasured(_ text: String) -> String {
        let figures = [
            (#"[0-9.,]+ (MB/s|µs|s\b|% *$)"#, "# unit"), (#"\b[0-9]+\.[0-9]{3}\b"#, "#"), (#"\([0-9,]+\)"#, "(#)"),
            (#"busy [0-9.]+ %"#, "busy #"), (#" +"#, " "),
        ]
        return figures.reduce(text) { text, figure in
            text.replacingOccurrences(of: figure.0, with: figure.1, options: .regularExpression)
        }
    }
}

@Suite("Examples of hil loopback and hil uart", .timeLimit(.minutes(30)))
struct LoopbackAndUARTExampleTests {
    @Test("in the README print what it says", arguments: Example.readme(of: ["loopback", "uart"]))
    func readme(example: Example) throws {
        let output = try example.run()
        // One without output is there for the command alone.
        guard !example.output.isEmpty else { return }
        #expect(Example.unmeasured(output) == Example.unmeasured(example.output))
    }

    @Test("in the README are there")
    func count() {
        #expect(Example.readme(of: ["loopback"]).count >= 3)
        #expect(Example.readme(of: ["uart"]).count >= 3)
    }

    @Test("in the help run, or ask for hardware", arguments: ["loopback", "uart"])
    func help(subcommand: String) throws {
        let examples = try Example.help(of: subcommand)
        #expect(examples.count >= 3)
        for example in examples where example.command.contains("virtual://") {
            let output = try Example(command: "\(example.command); echo \"status $?\"", output: "").run()
            #expect(output.hasSuffix("status 0\n"), "\(example.command): \(output)")
        }
        // The others need only a device to be there.
        for example in examples where !example.command.contains("virtual://") {
            let output = try Example(command: "\(example.command) < /dev/null; echo \"status $?\"", output: "").run()
            #expect(output.hasSuffix("status 3\n"), "\(example.command): \(output)")
        }
    }
}
