import ArgumentParser
import Foundation
import PeripheralIO

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the devices that can be opened, and who has them.",
        discussion: "Example: hil list --json")

    @Flag(name: [.short, .long], help: "Show what the EEPROMs of FTDI chips say.")
    var verbose = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let devices = Discovery.devices(withDetails: verbose)
        if json { return try printJSON(devices) }
        let width = devices.map(\.url.count).max() ?? 0
        for device in devices {
            var line = device.url.padding(toLength: width + 2, withPad: " ", startingAt: 0) + device.kind
            if let driver = device.driver { line += ", driver \(driver)" }
            if !device.isPermitted { line += ", no permission" }
            if let holder = device.holder { line += ", in use by \(holder)" }
            print(line)
            for detail in device.details ?? [] { print("    \(detail)") }
        }
    }
}

/// One JSON value, with its keys in order, so that two runs can be compared.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
