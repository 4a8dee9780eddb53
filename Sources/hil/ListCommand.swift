import ArgumentParser
import Foundation
import PeripheralIO

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the devices that can be opened, and who has them.",
        discussion: "Example: hil list --json")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let devices = Discovery.devices()
        if json { return try printJSON(devices) }
        let width = devices.map(\.url.count).max() ?? 0
        for device in devices {
            var line = device.url.padding(toLength: width + 2, withPad: " ", startingAt: 0) + device.kind
            if let driver = device.driver { line += ", driver \(driver)" }
            if !device.isPermitted { line += ", no permission" }
            if let holder = device.holder { line += ", in use by \(holder)" }
            print(line)
        }
    }
}

/// One JSON value, with its keys in order, so that two runs can be compared.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
