import ArgumentParser
import Foundation
import VirtualHardware

struct VirtualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtual",
        abstract: "Lend hardware that does not exist to programs that take it for real.",
        subcommands: [VirtualFT232HCommand.self])
}

struct VirtualFT232HCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ft232h",
        abstract: "Serve a virtual FT232H over USB/IP, with a flash or a wire on its pins.",
        discussion: """
            Runs until it is interrupted. Without --flash, MOSI is wired to MISO; TX is wired to RX. A flash is a \
            Winbond W25Q of the size of its image, 2 MiB at least; what is written to it goes back to the file.

            Whoever can reach the address can use the device: keep to 127.0.0.1 unless the network is your own.

            Example: hil virtual ft232h --flash image.bin
                     usbip attach -r 127.0.0.1 -b 1-1
            """)

    @Option(help: ArgumentHelp("Put a flash with these contents on the pins; made if missing.", valueName: "path"))
    var flash: String?

    @Option(help: ArgumentHelp("Its serial number.", valueName: "text"))
    var serial = "FTHIL001"

    @Option(help: ArgumentHelp("Where to listen; port 0 for any that is free.", valueName: "address:port"))
    var usbip = "127.0.0.1:3240"

    func run() throws {
        Interruption.hold()
        let place = try listeningPlace()
        var image = flash.map { FlashImage(path: $0) }
        var devices: [any PinDevice] = [PinWire()]
        if let image { devices = [SPIPins(try Self.reporting(image.makeFlash))] }
        let chip = VirtualFT232H(devices: devices, eeprom: FT232HEEPROM(serial: serial))
        let server: USBIPServer
        do {
            server = try USBIPServer(chip, address: place.address, port: place.port)
        } catch {
            let reason = String(cString: strerror(error.code))
            FileHandle.standardError.write(Data("hil: cannot listen on \(usbip): \(reason)\n".utf8))
            throw error.code == EADDRINUSE ? ExitStatus.busy : ExitStatus.usage
        }
        print("FT232H \(serial) at \(place.address):\(server.port)")
        print("attach it with: usbip attach -r \(place.address) -b \(server.device.busID)")
        fflush(nil)
        let isOver = DispatchSemaphore(value: 0)
        Interruption.onInterrupt { isOver.signal() }
        var isRunning = true
        while isRunning {
            isRunning = isOver.wait(timeout: .now() + 1) == .timedOut
            guard let flash = server.withBus({ bus, _ in bus.device.flash }) ?? nil else { continue }
            try Self.reporting { () throws(FlashImage.Failure) in try image?.keep(flash) }
        }
        server.stop()
    }

    private func listeningPlace() throws -> (address: String, port: UInt16) {
        let parts = usbip.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), !parts[0].isEmpty else {
            throw UsageError(message: "--usbip takes an IPv4 address and a port, such as 127.0.0.1:3240")
        }
        return (String(parts[0]), port)
    }

    /// Does something with the image; what stands in the way is told with its path.
    private static func reporting<Result>(
        _ body: () throws(FlashImage.Failure) -> Result
    ) throws(UsageError) -> Result {
        do {
            return try body()
        } catch {
            let reason =
                error.code == EFBIG
                ? "longer than \(FlashImage.largest >> 20) MiB, the largest flash there is"
                : String(cString: strerror(error.code))
            throw UsageError(message: "\(error.path): \(reason); --flash reads the file and writes changes to it")
        }
    }
}
