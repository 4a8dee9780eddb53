import Foundation
import Testing

@Suite("Examples in the README and in --help", .timeLimit(.minutes(30)))
struct ExampleTests {
    private struct Example {
        var command: String
        var output: [String] = []
    }

    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The examples under a heading: lines behind "    $ ", each followed by what it prints.
    private func examples(under heading: String) throws -> [Example] {
        let readme = try String(contentsOf: Self.package.appendingPathComponent("README.md"), encoding: .utf8)
        let lines = readme.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: heading))
        var examples: [Example] = []
        for line in lines[(start + 1)...] {
            if line.hasPrefix("#") { break }
            guard line.hasPrefix("    ") else { continue }
            let text = String(line.dropFirst(4))
            if text.hasPrefix("$ ") {
                examples.append(Example(command: String(text.dropFirst(2))))
            } else if !examples.isEmpty {
                examples[examples.count - 1].output.append(text)
            }
        }
        return examples
    }

    /// A shell that finds the built command, in a folder of its own.
    private func shell(_ command: String, in folder: URL) throws -> (process: Process, output: Pipe) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "exec 2>&1; " + command]
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        let paths = [Hil.folder.path, environment["PATH"] ?? "/usr/bin:/bin", "/usr/sbin"]
        environment["PATH"] = paths.joined(separator: ":")
        environment["COLUMNS"] = "500"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return (process, output)
    }

    private func run(_ command: String, in folder: URL) throws -> (status: Int32, lines: [String]) {
        let (process, output) = try shell(command, in: folder)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text.split(separator: "\n").map(String.init))
    }

    /// Times differ from run to run: each number is as good as another.
    private func withoutTimes(_ lines: [String]) -> [String] {
        lines.map { $0.replacing(/[0-9][0-9.:TZ-]*( +[0-9]+ µs)?/, with: "0") }
    }

    @Test(
        "the README's examples print what it says",
        arguments: ["## SPI from the command line", "### flashrom on any SPI bus", "### Record, look, replay"])
    func readme(heading: String) throws {
        let folder = try TemporaryFolder()
        let examples = try examples(under: heading)
        #expect(examples.count > 1)
        var servers: [Process] = []
        defer { for server in servers { server.terminate() } }
        for example in examples {
            if example.command.hasSuffix("&") {
                let (process, output) = try shell("exec " + example.command.dropLast(), in: folder.url)
                servers.append(process)
                var text = ""
                while text.filter({ $0 == "\n" }).count < example.output.count {
                    let data = output.fileHandleForReading.availableData
                    if data.isEmpty { break }
                    text += String(decoding: data, as: UTF8.self)
                }
                #expect(text.split(separator: "\n").map(String.init) == example.output)
                continue
            }
            let lines = try run(example.command, in: folder.url).lines
            if example.command.hasPrefix("hil trace") {
                #expect(withoutTimes(lines) == withoutTimes(example.output), "\(example.command)")
            } else {
                #expect(lines == example.output, "\(example.command)")
            }
        }
    }

    @Test("the examples in --help work", arguments: ["spi", "trace", "replay", "serprog"])
    func help(command: String) throws {
        let folder = try TemporaryFolder()
        let lines = try run("hil \(command) --help", in: folder.url).lines
        let start = try #require(lines.firstIndex { $0.hasPrefix("Example: ") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("USAGE: ") })
        var examples = lines[start..<end].map {
            $0.replacing("Example: ", with: "").trimmingCharacters(in: .whitespaces)
        }
        if command == "serprog" {
            #expect(examples.count == 2 && examples[1].hasPrefix("flashrom "))
            // The client comes when the server says so; a port of our own keeps clear of the README's.
            let server = examples[0].replacing(":4000", with: ":0") + " --once"
            let client = examples[1].replacing("4000", with: "${line##*:}")
            examples = [
                "coproc { \(server); }; read -r line <&${COPROC[0]}; line=${line%%,*}; \(client); status=$?; wait; "
                    + "exit $status"
            ]
        }
        for example in examples {
            let outcome = try run(example, in: folder.url)
            #expect(outcome.status == 0, "\(example): \(outcome.lines)")
        }
    }
}
