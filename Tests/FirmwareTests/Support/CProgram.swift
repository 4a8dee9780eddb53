import Foundation
import Testing

/// A C program from `Programs/`, compiled against firmware's headers and linked with the library, as a user does it.
final class CProgram: Sendable {
    /// Who compiles it, and as what.
    struct Compiler: Hashable, CustomStringConvertible, Sendable {
        var command: String
        var standard: String

        var description: String { "\(command) -std=\(standard)" }

        /// gcc and clang where they are, C11 and C17.
        static let all = ["gcc", "clang"].filter(isPresent).flatMap { command in
            ["c11", "c17"].map { Compiler(command: command, standard: $0) }
        }

        /// What C++ firmware is compiled with.
        static let allForCPlusPlus = ["g++", "clang++"].filter(isPresent).map {
            Compiler(command: $0, standard: "c++17")
        }

        static let usual = Compiler(command: "gcc", standard: "gnu11")

        private static func isPresent(_ command: String) -> Bool { CProgram.path(of: command) != nil }
    }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    struct CompilationFailed: Error, CustomStringConvertible {
        var description: String
    }

    private let folder: URL
    private var executable: URL { folder.appending(path: "firmware") }

    /// Compiles a program.
    ///
    /// - Parameters:
    ///   - sources: file names in `Programs/`.
    ///   - includes: folders in `Programs/` that have headers of the firmware's own, such as its `FreeRTOSConfig.h`.
    ///   - defines: `NAME` or `NAME=value`.
    init(
        _ sources: String..., compiler: Compiler = .usual, includes: [String] = [], defines: [String] = []
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "firmware-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var objects: [String] = []
        for source in sources {
            let object = folder.appending(path: "\(objects.count).o").path()
            try Self.call(
                [compiler.command, "-std=\(compiler.standard)", "-Wall", "-Wextra", "-Werror", "-g"]
                    + defines.map { "-D\($0)" }
                    + includes.flatMap { ["-I", Self.programs.appending(path: $0).path()] }
                    + ["-I", Self.headers.path(), "-c", Self.programs.appending(path: source).path(), "-o", object])
            objects.append(object)
        }
        let products = Self.products.path()
        try Self.call(
            (Self.sanitizingLinker ?? [compiler.command])
                + ["-o", executable.path()] + objects
                + ["-L\(products)", "-lhilbridge", "-Wl,-rpath,\(products)", "-lstdc++", "-pthread"])
    }

    private static func call(_ words: [String]) throws {
        let result = try execute("/usr/bin/env", words, environment: [:], limit: 300)
        guard result.status == 0 else { throw CompilationFailed(description: result.output + result.errors) }
    }

    /// True if this test and the library were built for the thread sanitizer. Firmware itself is not: its races are its
    /// own matter.
    static let isSanitized = dlsym(dlopen(nil, RTLD_NOW), "__tsan_init") != nil

    /// What links a program with a sanitized library: the toolchain's own compiler, whose sanitizer that is.
    private static let sanitizingLinker: [String]? = {
        guard isSanitized, let swift = path(of: "swift") else { return nil }
        let binaries = URL(filePath: swift).resolvingSymlinksInPath().deletingLastPathComponent()
        let runtime = binaries.appending(path: "../lib/swift/linux").standardizedFileURL.path()
        return [
            binaries.appending(path: "clang").path(), "-fsanitize=thread", "-L\(runtime)", "-Wl,-rpath,\(runtime)",
            "-Wl,--no-as-needed", "-ldispatch", "-lBlocksRuntime",
        ]
    }()

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// How a program is to run.
    enum Mode: String, CaseIterable, Sendable {
        case parallel, single, virtual

        var environment: [String: String] {
            switch self {
            case .parallel: [:]
            case .single: ["HIL_CPU": "single"]
            case .virtual: ["HIL_CPU": "single", "HIL_TICK": "virtual"]
            }
        }
    }

    /// Runs the program to its end; a hang is a failure.
    func run(_ mode: Mode = .parallel, environment: [String: String] = [:]) throws -> Outcome {
        try Self.execute(
            executable.path(), [], environment: mode.environment.merging(environment) { $1 }, limit: 120, in: folder)
    }

    /// The contents of a file that the program has written in its working folder, which goes away.
    func takeFile(_ name: String) throws -> String {
        let file = folder.appending(path: name)
        defer { try? FileManager.default.removeItem(at: file) }
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// Puts a file into the program's working folder.
    func write(_ name: String, _ text: String) throws {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }

    // MARK: Where things are

    private static func path(of command: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(command)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    private static let programs = root.appending(path: "Tests/FirmwareTests/Programs")
    private static let headers = root.appending(path: "Sources/CFirmware/include")
    /// The library lies beside this test.
    private static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    // MARK: Running

    private static func execute(
        _ path: String, _ arguments: [String], environment: [String: String], limit seconds: Double,
        in folder: URL? = nil
    ) throws -> Outcome {
        // Files, not pipes: nobody has to read while it runs.
        let name = FileManager.default.temporaryDirectory.appending(path: "firmware-run-\(UUID().uuidString)").path()
        let (output, errors) = (name + ".out", name + ".err")
        defer {
            try? FileManager.default.removeItem(atPath: output)
            try? FileManager.default.removeItem(atPath: errors)
        }
        let process = try spawn(
            [path] + arguments, environment: environment, output: output, errors: errors, in: folder)
        let overdue = DispatchWorkItem { kill(process, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: overdue)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        overdue.cancel()
        // As a shell tells it: what it exited with, or 128 and the signal.
        return Outcome(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F),
            output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }

    private struct SpawnFailed: Error {
        var number: Int32
    }

    /// Foundation's `Process` crashes now and then when many are started at once.
    private static func spawn(
        _ arguments: [String], environment: [String: String], output: String, errors: String, in folder: URL?
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        // glibc declares its way to set the working folder for GNU sources only.
        let arguments = folder.map { ["/usr/bin/env", "-C", $0.path()] + arguments } ?? arguments
        let words = arguments.map { strdup($0) } + [nil]
        let settings = variables.map { strdup($0) } + [nil]
        defer { for text in words + settings { free(text) } }
        var process = pid_t()
        let number = posix_spawn(&process, arguments[0], &actions, nil, words, settings)
        guard number == 0 else { throw SpawnFailed(number: number) }
        return process
    }
}

/// Expects a program to end with status 0, this output and nothing on stderr.
func expect(
    _ outcome: CProgram.Outcome, prints output: String, errors: String = "", _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(outcome.output == output, comment, sourceLocation: sourceLocation)
    #expect(outcome.errors == errors, comment, sourceLocation: sourceLocation)
    #expect(outcome.status == 0, comment, sourceLocation: sourceLocation)
}
