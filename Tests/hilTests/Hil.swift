import Foundation
import Synchronization

/// The built command, run as a user runs it.
enum Hil {
    struct Outcome {
        var status: Int32
        var output: Data
        var errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// `hil` lies beside the test bundle.
    static let folder: URL = {
        let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: bundle).deletingLastPathComponent()
    }()

    static let path = folder.appendingPathComponent("hil").path

    /// Starts it; the caller ends it.
    static func start(
        _ arguments: [String], input: Pipe? = nil, output: Pipe? = nil, errors: FileHandle? = nil,
        environment: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = errors ?? FileHandle.nullDevice
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try process.run()
        return process
    }

    /// Runs it to its end.
    static func run(
        _ arguments: String..., input: Data = Data(), in folder: URL? = nil
    ) throws -> Outcome {
        try run(arguments, input: input, in: folder)
    }

    static func run(
        _ arguments: [String], input: Data = Data(), in folder: URL? = nil, program: String = path
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder }
        let (source, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = source
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let errorText = Mutex("")
        let readers = DispatchGroup()
        readers.enter()
        DispatchQueue.global().async {
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            errorText.withLock { $0 = text }
            readers.leave()
        }
        DispatchQueue.global().async {
            try? source.fileHandleForWriting.write(contentsOf: input)
            try? source.fileHandleForWriting.close()
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        readers.wait()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: data, errors: errorText.withLock { $0 })
    }
}
