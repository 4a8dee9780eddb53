import Foundation
import Testing

/// Touching a sent buffer does not compile: the compiler is run to see it.
@Suite("Ownership diagnostics")
struct OwnershipDiagnosticsTests {
    @Test("Using a buffer again after it has come back compiles")
    func correct() throws {
        let result = try compile("Correct")
        #expect(result.succeeded, "\(result.messages)")
    }

    @Test(
        "Touching a buffer that the device may read, or waiting twice, does not",
        arguments: [
            ("ReadAfterSending", "'buffer' used after consume"),
            ("ChangedAfterSending", "'buffer' used after consume"),
            ("SentTwice", "'buffer' consumed more than once"),
            ("ReceivedTooEarly", "'received' used after consume"),
            ("WaitedTwice", "'write' consumed more than once"),
        ])
    func refused(fixture: String, diagnostic: String) throws {
        let result = try compile(fixture)
        #expect(!result.succeeded)
        let errors = result.messages.split(separator: "\n").filter { $0.contains(": error: ") }
        // That error and no other, or it would fail for another reason.
        #expect(errors.count == 1, "\(result.messages)")
        #expect(errors.first?.hasSuffix(diagnostic) == true, "\(result.messages)")
    }

    private struct Compilation {
        var succeeded: Bool
        var messages: String
    }

    /// Compiles a fixture against the modules of this build, up to where ownership is checked: that is behind what
    /// `-typecheck` does.
    private func compile(_ fixture: String) throws -> Compilation {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["swiftc", "-emit-sil", "-o", "/dev/null", "-swift-version", "6", "-module-name", "Fixture"]
            + (try Self.importFlags()) + [folder.appending(path: "\(fixture).swift").path()]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Compilation(
            succeeded: process.terminationStatus == 0, messages: String(decoding: output, as: UTF8.self))
    }

    /// Where the modules are that this test was linked with: beside the test itself.
    private static func importFlags() throws -> [String] {
        let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let modules = products.appending(path: "Modules")
        try #require(FileManager.default.fileExists(atPath: modules.path()), "no modules beside \(products.path())")
        // C targets of this package have a module map of their own, or one that the build makes.
        let sources = URL(filePath: #filePath).appending(path: "../../../Sources").standardizedFileURL
        let own = try names(in: sources).flatMap { name in
            [
                sources.appending(path: name).appending(path: "module.modulemap"),
                sources.appending(path: name).appending(path: "include/module.modulemap"),
                products.appending(path: "\(name).build/module.modulemap"),
            ]
        }
        let checkouts = products.appending(path: "../../checkouts").standardizedFileURL
        let others = try names(in: checkouts).flatMap { name in
            ["CSystem", "CYaml"].map {
                checkouts.appending(path: name).appending(path: "Sources/\($0)/include/module.modulemap")
            }
        }
        let maps = (own + others).map { $0.path() }.filter { FileManager.default.fileExists(atPath: $0) }
        let headers = try systemHeaders(of: ["libftdi1"]).flatMap { ["-Xcc", $0] }
        return ["-I", modules.path()] + headers + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    }

    /// Where the headers of the machine's own libraries are, as the package manager asks for it too.
    private static func systemHeaders(of libraries: [String]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["pkg-config", "--cflags-only-I"] + libraries
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path())
    }
}
