import ArgumentParser
import PeripheralIO

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what stands in the way of a device, or of any, and the line that mends it.",
        discussion: """
            The exit status is 0 when all is well, and 9 when there is something to mend.

            Example: hil doctor /dev/ttyUSB0
            """)

    @Argument(help: "The device; all there are if none is named.")
    var url: String?

    @Option(help: ArgumentHelp("Look for rules and udevd under this folder.", visibility: .hidden))
    var root = ""

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let findings = Doctor.findings(for: try url.map { try DeviceAddress($0) }, root: root)
        if json {
            try printJSON(findings)
        } else if findings.isEmpty {
            print("all is well")
        }
        if !json {
            for finding in findings {
                print((finding.device.map { "\($0): " } ?? "") + finding.problem)
                print("    \(finding.cure)")
            }
        }
        if !findings.isEmpty { throw ExitStatus.toMend }
    }
}
