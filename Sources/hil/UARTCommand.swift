import ArgumentParser
import Foundation
import PeripheralIO
import RTOS

struct UARTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uart",
        abstract: "Join a serial port to a pipe: standard input to TX, RX to standard output.",
        discussion: """
            It runs until the port is lost or it is interrupted; with --exit-after-input until all input is off the \
            wire and the line has fallen silent.

            Example: printf 'AT\\r' | hil uart /dev/ttyUSB0 -b 115200 -x
            """)

    @Argument(help: "The device: a path, ftdi://ftdi:232h/1, or virtual://uart, virtual://tty.")
    var url: String

    @Option(
        name: [.customShort("b"), .long],
        help: ArgumentHelp("Bits per second, such as 115200 or 3M.", valueName: "baud"))
    var baudrate: String?

    @Option(name: [.customShort("d"), .long], help: ArgumentHelp("5, 6, 7 or 8.", valueName: "bits"))
    var databits: String?

    @Option(
        name: [.customShort("p"), .long], help: ArgumentHelp("none, odd, even, mark or space.", valueName: "parity"))
    var parity: String?

    @Option(name: [.customShort("s"), .long], help: ArgumentHelp("1 or 2.", valueName: "bits"))
    var stopbits: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("none, hard (RTS/CTS) or soft (XON/XOFF).", valueName: "flow"))
    var flow: String?

    @Flag(name: [.customShort("x"), .customLong("exit-after-input")], help: "End once all input is off the wire.")
    var exitAfterInput = false

    @OptionGroup
    var trace: TraceOptions

    func run() throws {
        var address = try Board.current().address(of: url)
        address.preferUART()
        try address.set([
            ("baud", baudrate), ("databits", databits), ("parity", parity), ("stopbits", stopbits), ("flow", flow),
        ])
        Interruption.hold()
        let trace = try trace.begin()
        defer { trace?.finish() }
        let port = try Peripheral(address: address, recorder: trace?.recorder)
        guard !port.isSPI else {
            throw PeripheralError.badAddress(url, reason: "not a serial port; `hil uart` takes one")
        }
        try SerialPipe(port, endsWithInput: exitAfterInput).run()
    }
}
