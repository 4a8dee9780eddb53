import Foundation

/// A machine that umockdev makes up, with a virtual FT232H on its USB: what runs on it has the real libftdi and libusb.
struct MockedFT232H {
    /// A file for the flash on its pins; without, MOSI is wired to MISO.
    var flash: String?
    /// What goes wrong on its USB, as the mock takes it: `nak=500`.
    var fault: String?

    private static let mock = Hil.folder.appendingPathComponent("FT232HMock").path

    /// Runs a command to its end; one that does not come to it is ended, with status 124.
    func run(_ command: [String], input: Data = Data()) throws -> Hil.Outcome {
        let options = (flash.map { ["--flash", $0] } ?? []) + (fault.map { ["--fault", $0] } ?? [])
        return try Hil.run(
            ["--kill-after=10", "300", Self.mock] + options + ["--"] + command, input: input,
            program: "/usr/bin/timeout")
    }

    func hil(_ arguments: String..., input: Data = Data()) throws -> Hil.Outcome {
        try run([Hil.path] + arguments, input: input)
    }

    /// Runs a shell's script, in which $HIL is the command.
    func shell(_ script: String) throws -> Hil.Outcome {
        try run(["env", "HIL=\(Hil.path)", "bash", "-c", "set -eu; \(script)"])
    }
}
