import Foundation
import Testing

/// The command as `--help` shows it. (Manual pages are compared with it by scripts/prove-install, which has them made.)
private struct HelpText {
    let subcommands: [String]
    /// Long options by subcommand, without those that every subcommand has.
    let options: [String: [String]]

    init() throws {
        let help = try Hil.run("--help").text
        let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
        subcommands = list.components(separatedBy: "\n\n")[0].split(separator: "\n").compactMap { line in
            line.hasPrefix("  ") && !line.hasPrefix("   ")
                ? line.split(separator: " ").first.map(String.init) : nil
        }
        var options: [String: [String]] = [:]
        for name in subcommands {
            options[name] = try Hil.run(name, "--help").text.split(separator: "\n").flatMap { line in
                // The names stand left of what they mean.
                guard line.hasPrefix("  -") else { return [String]() }
                let names = line.dropFirst(2).components(separatedBy: "  ")[0]
                return names.matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
            }
        }
        self.options = options
    }
}

private func run(_ program: String, _ arguments: String...) throws -> Hil.Outcome {
    let path = ["/usr/bin/\(program)", "/bin/\(program)"].first { FileManager.default.isExecutableFile(atPath: $0) }
    return try Hil.run(arguments, program: #require(path, "\(program) is missing: scripts/setup test installs it"))
}

@Suite("Completions", .timeLimit(.minutes(30)))
struct CompletionTests {
    private let folder: TemporaryFolder
    private let help: HelpText

    init() throws {
        folder = try TemporaryFolder()
        help = try HelpText()
        #expect(help.subcommands.count >= 10 && help.options["spi"]?.contains("--speed") == true)
    }

    private func script(_ shell: String) throws -> String {
        let outcome = try Hil.run("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        return try folder.write("completion", outcome.output)
    }

    @Test("bash completes subcommands and options")
    func bash() throws {
        let script = try script("bash")
        let syntax = try run("bash", "-n", script)
        #expect(syntax.status == 0 && syntax.errors.isEmpty, "\(syntax.errors)")
        // As bash calls it at the end of a line: with the command, the word to complete, and the one before.
        let call = """
            source "$0"
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
            _hil hil "${@: -1}" "${@: -2:1}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        func completions(_ words: String...) throws -> [String] {
            let outcome = try Hil.run(["-c", call, script, "hil"] + words, program: "/bin/bash")
            return outcome.text.split(separator: "\n").map(String.init)
        }
        #expect(Set(help.subcommands).isSubset(of: try completions("")))
        for (name, options) in help.options {
            let offered = try completions(name, "--")
            #expect(Set(options).isSubset(of: offered), "\(name): \(offered)")
        }
    }

    @Test("fish completes subcommands and options")
    func fish() throws {
        let script = try script("fish")
        let syntax = try run("fish", "--no-execute", script)
        #expect(syntax.status == 0 && syntax.errors.isEmpty, "\(syntax.errors)")
        func completions(_ line: String) throws -> [String] {
            let outcome = try run("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line)
            return outcome.text.split(separator: "\n").map { String($0.split(separator: "\t")[0]) }
        }
        #expect(Set(help.subcommands).isSubset(of: try completions("hil ")))
        for (name, options) in help.options {
            let offered = try completions("hil \(name) --")
            #expect(Set(options).isSubset(of: offered), "\(name): \(offered)")
        }
    }

    @Test("zsh has all of them")
    func zsh() throws {
        let script = try script("zsh")
        let syntax = try run("zsh", "-n", script)
        #expect(syntax.status == 0 && syntax.errors.isEmpty, "\(syntax.errors)")
        let text = try String(contentsOfFile: script, encoding: .utf8)
        for (name, options) in help.options {
            // Each subcommand has a function of its own.
            let function = try #require(text.components(separatedBy: "_hil_\(name)() {").last, "\(name)")
            let body = function.components(separatedBy: "\n}\n")[0]
            for option in options { #expect(body.contains(option), "\(name) \(option)") }
            #expect(text.contains("'\(name):"), "\(name)")
        }
    }
}
