import ArgumentParser
import Foundation
import PeripheralIO
import RTOS

struct GPIOCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpio",
        abstract: "Read and drive the pins that the SPI bus of an FTDI chip leaves over.",
        discussion: """
            ADBUS0 to 7 are pins 0 to 7, of which SPI has 0 to 3; ACBUS0 to 7 are pins 8 to 15. Pins that are driven \
            are so until the command ends: for --seconds, or until it is interrupted.

            Example: hil gpio ftdi://ftdi:232h/1 8=1 9=0 --seconds 2
            """)

    @Argument(help: "The device, such as ftdi://ftdi:232h/1 or virtual://ft232h.")
    var url: String

    @Argument(help: ArgumentHelp("Drive a pin low or high.", valueName: "pin=level"))
    var pins: [String] = []

    @Option(help: ArgumentHelp("Drive them for this long.", valueName: "seconds"))
    var seconds: Double?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if let seconds, !(seconds >= 0 && seconds < 1e6) { throw ValidationError("--seconds must be 0 or more.") }
    }

    private func assignments() throws -> [(pin: Int, level: Bool)] {
        try pins.map { text in
            let parts = text.split(separator: "=")
            guard parts.count == 2, let pin = Self.pin(parts[0]), ["0", "1"].contains(parts[1])
            else { throw UsageError(message: "“\(text)” is no pin and level; write 8=1 or ACBUS0=1") }
            return (pin, parts[1] == "1")
        }
    }

    /// A pin by its number or its name on the chip.
    private static func pin(_ text: Substring) -> Int? {
        if let number = Int(text) { return GPIOPort.pins.contains(number) ? number : nil }
        for (bus, first) in [("ADBUS", 0), ("ACBUS", 8)] where text.uppercased().hasPrefix(bus) {
            return Int(text.dropFirst(bus.count)).flatMap { (0...7).contains($0) ? first + $0 : nil }
        }
        return nil
    }

    func run() throws {
        let assignments = try assignments()
        Interruption.hold()
        let port = try GPIOPort.open(url)
        defer { port.close() }
        for assignment in assignments { try port.drive(assignment.pin, assignment.level) }
        let levels = try port.read()
        if json {
            try printJSON(Dictionary(uniqueKeysWithValues: GPIOPort.pins.map { (String($0), levels >> $0 & 1) }))
        } else {
            for pin in GPIOPort.pins {
                print(
                    "\(pin < 8 ? "ADBUS" : "ACBUS")\(pin % 8)  pin \(pin)\(pin < 10 ? " " : "")  \(levels >> pin & 1)")
            }
        }
        fflush(nil)
        guard !assignments.isEmpty else { return }
        Interruption.onInterrupt { port.close() }
        let time: Timeout = if let seconds { .milliseconds(UInt32(seconds * 1000)) } else { .forever }
        do {
            try port.hold(for: time)
        } catch {
            guard Interruption.hasHappened else { throw error }
        }
    }
}
