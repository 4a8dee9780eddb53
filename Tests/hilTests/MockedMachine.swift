import Foundation

/// `hil` on a machine that umockdev makes up: what Fixtures describe is all that its /sys and /dev have.
struct MockedMachine {
    var fixtures: [String]
    /// Shell commands that change the machine first; $UMOCKDEV_DIR is its root.
    var preparation = ":"
    /// Not root, for whom everything is permitted.
    var isOrdinaryUser = false

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    func run(_ arguments: String...) throws -> Hil.Outcome { try run(arguments) }

    func run(_ arguments: [String]) throws -> Hil.Outcome {
        var command = ["exec"]
        if isOrdinaryUser, geteuid() == 0 {
            command += ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        }
        command += ["\"$0\"", "\"$@\""]
        let script = """
            chmod 755 "$UMOCKDEV_DIR" && \(preparation) && \(command.joined(separator: " "))
            """
        return try Hil.run(
            fixtures.flatMap { ["--device", "\(Self.folder)/\($0).umockdev"] } + ["--", "sh", "-c", script, Hil.path]
                + arguments, program: "/usr/bin/umockdev-run")
    }
}
