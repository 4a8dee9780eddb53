import ArgumentParser
import Foundation
import PeripheralIO
import RTOS

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the devices that can be opened, and who has them.",
        discussion: """
            With --watch it goes on to tell what is plugged in (+), unplugged (-) or changes (~), until it is \
            interrupted; with --json one object a line.

            Examples: hil list --json
                      hil list --watch
            """)

    @Flag(name: [.short, .long], help: "Show what the EEPROMs of FTDI chips say.")
    var verbose = false

    @Flag(name: [.short, .long], help: "Go on to follow plug and unplug.")
    var watch = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        // What comes while the list is made is not to be missed.
        let monitor = watch ? try DeviceMonitor() : nil
        let devices = Discovery.devices(withDetails: verbose)
        if json, !watch { return try printJSON(devices) }
        let width = devices.map(\.url.count).max() ?? 0
        for device in devices { try tell(device, width: width) }
        if let monitor { try follow(monitor, from: devices) }
    }

    private func follow(_ monitor: DeviceMonitor, from first: [FoundDevice]) throws -> Never {
        var known = first
        while true {
            fflush(nil)
            _ = try monitor.wait()
            // Without udevd nobody tells when a node's permission is changed: it is looked at some times more.
            for milliseconds: UInt64 in [20, 200, 1000] {
                while try monitor.wait(until: .now.advanced(byNanoseconds: milliseconds * 1_000_000)) {}
                let present = Discovery.devices(withDetails: verbose)
                for change in DeviceChange.between(known, present) { try tell(change.device, change: change.kind) }
                fflush(nil)
                known = present
            }
        }
    }

    private func tell(
        _ device: FoundDevice, change: DeviceChange.Kind? = nil, width: Int = 0
    ) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let change = DeviceChange(kind: change ?? .added, device: device)
            return print(String(decoding: try encoder.encode(change), as: UTF8.self))
        }
        let mark = change.map { $0.mark + " " } ?? (watch ? "  " : "")
        print(mark + device.line(width: width))
        for detail in device.details ?? [] { print("    \(detail)") }
    }
}

/// What is different between two looks at the devices.
struct DeviceChange: Codable, Equatable {
    enum Kind: String, Codable {
        case added, removed, changed

        var mark: String {
            switch self {
            case .added: "+"
            case .removed: "-"
            case .changed: "~"
            }
        }
    }

    var kind: Kind
    var device: FoundDevice

    static func between(_ before: [FoundDevice], _ after: [FoundDevice]) -> [DeviceChange] {
        // Two chips of one kind without serial numbers have different places, and so different URLs.
        let removed = before.filter { old in !after.contains { $0.url == old.url } }
        let others = after.compactMap { new -> DeviceChange? in
            guard let old = before.first(where: { $0.url == new.url }) else {
                return DeviceChange(kind: .added, device: new)
            }
            return old == new ? nil : DeviceChange(kind: .changed, device: new)
        }
        return removed.map { DeviceChange(kind: .removed, device: $0) } + others
    }
}

extension FoundDevice {
    /// For people.
    func line(width: Int = 0) -> String {
        var line = url.padding(toLength: max(width, url.count) + 2, withPad: " ", startingAt: 0) + kind
        if let driver { line += ", driver \(driver)" }
        if let serialNumber, !url.contains(serialNumber) { line += ", serial number \(serialNumber)" }
        if let usbPath { line += ", USB \(usbPath)" }
        if !isPermitted { line += ", no permission" }
        if let holder { line += ", in use by \(holder)" }
        return line
    }
}

/// One JSON value, with its keys in order, so that two runs can be compared.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
