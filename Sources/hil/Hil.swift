import ArgumentParser
import Foundation

@main
struct Hil: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hil",
        abstract: "Hardware in the loop: drive, test and prototype against serial and SPI peripherals.",
        discussion: """
            A device is a path such as /dev/ttyUSB0, an FTDI chip such as ftdi://ftdi:232h/1, or virtual://spi, \
            virtual://uart, virtual://tty, virtual://ft232h, virtual://flash, which need no hardware. Settings follow it as a query: /dev/ttyUSB0?baud=3M&parity=even, virtual://spi?speed=10M.

            Exit status: 0 done, 1 errors in the data, 2 usage, 3 device missing, 4 permission, 5 busy, 6 time-out, \
            7 device lost, 8 not supported, 9 the doctor found something to mend.
            """,
        version: "0.1.0",
        subcommands: [
            ListCommand.self, DoctorCommand.self, SPICommand.self, LoopbackCommand.self, UARTCommand.self,
            GPIOCommand.self, TraceCommand.self, ReplayCommand.self, SerprogServerCommand.self, VirtualCommand.self,
        ])

    static func main() {
        // A pipe whose reader has gone is an error to be told, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
            try StandardStreams.flush()
            if TraceFile.hasFailed.load(ordering: .relaxed) { throw ExitStatus.notSupported }
        } catch {
            ExitStatus.exit(for: error)
        }
    }
}
