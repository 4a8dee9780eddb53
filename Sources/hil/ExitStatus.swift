import ArgumentParser
import Foundation
import PeripheralIO

/// How `hil` ends, and the one place where errors become a line and a status.
enum ExitStatus: Int32 {
    case done = 0
    case dataErrors = 1
    case usage = 2
    case deviceMissing = 3
    case permission = 4
    case busy = 5
    case timeOut = 6
    case deviceLost = 7
    case notSupported = 8
    /// The doctor found something.
    case toMend = 9
    /// What a shell says of a command that Ctrl-C ended.
    case interrupted = 130

    /// Prints what has to be said, and ends the process.
    static func exit(for error: any Error) -> Never {
        switch error {
        case let status as ExitStatus:
            Foundation.exit(status.rawValue)
        case let error as PeripheralError:
            if case .badAddress(let name, _) = error, let choices = FTDIListing.choices(for: name) {
                list(choices, for: name)
            }
            fail(error.description, status(of: error))
        case is Interruption.Happened:
            fail("interrupted", .interrupted)
        case let error as StandardStreams.OutputError:
            if error.isUnread { Foundation.exit(done.rawValue) }
            fail(error.message, .notSupported)
        case let error as UsageError:
            fail(error.message, .usage)
        default:
            // Help and version requests come as errors too, and are none.
            guard Hil.exitCode(for: error) == .success else { fail(usage(Hil.message(for: error)), .usage) }
            print(Hil.fullMessage(for: error))
            Foundation.exit(done.rawValue)
        }
    }

    /// What is wrong with the arguments, and where it says how they are written.
    private static func usage(_ message: String) -> String {
        let line = message.split(separator: "\n").joined(separator: " ")
        let subcommands = Hil.configuration.subcommands.compactMap { $0.configuration.commandName }
        let help = CommandLine.arguments.dropFirst().prefix(1).filter { subcommands.contains($0) } + ["--help"]
        return "\(line.hasSuffix(".") ? String(line.dropLast()) : line); see hil \(help.joined(separator: " "))"
    }

    private static func list(_ choices: [FoundDevice], for name: String) -> Never {
        let device = PeripheralError.missing(name)
        guard !choices.isEmpty else { fail(device.description, status(of: device)) }
        print(FTDIListing.text(choices))
        fflush(nil)
        fail("\(name): name one of these interfaces", .usage)
    }

    private static func fail(_ message: String, _ status: ExitStatus) -> Never {
        FileHandle.standardError.write(Data("hil: \(message)\n".utf8))
        Foundation.exit(status.rawValue)
    }

    private static func status(of error: PeripheralError) -> ExitStatus {
        switch error {
        case .differs: .dataErrors
        case .badAddress, .refused: .usage
        case .missing: .deviceMissing
        case .permissionDenied: .permission
        case .busy: .busy
        case .timedOut: .timeOut
        case .deviceLost, .closed, .cancelled: .deviceLost
        case .notSupported, .system: .notSupported
        }
    }
}

extension ExitStatus: Error {}

/// Arguments that cannot be used, found after parsing.
struct UsageError: Error, CustomStringConvertible {
    var message: String

    var description: String { message }
}
