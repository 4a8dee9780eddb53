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
        let image = flash.map { FlashImage(path: $0) }
        var devices: [any PinDevice] = [PinWire()]
        if let image { devices = [SPIPins(try Self.flash(from: image))] }
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
        var saved: UInt64 = 0
        var isRunning = true
        while isRunning {
            isRunning = isOver.wait(timeout: .now() + 1) == .timedOut
            if let image { try Self.save(server, to: image, saved: &saved) }
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

    /// The largest that three address bytes reach.
    private static let largestFlash = 16 << 20

    private static func flash(from image: FlashImage) throws -> NORFlash {
        var contents: [UInt8] = []
        var isMissing = false
        do {
            contents = try image.read(limit: largestFlash + 1)
        } catch  where error.code != ENOENT {
            throw UsageError(message: "\(image.path): \(String(cString: strerror(error.code)))")
        } catch {
            isMissing = true
        }
        guard contents.count <= largestFlash else {
            throw UsageError(message: "\(image.path): longer than 16 MiB, the largest flash there is")
        }
        var identity = FlashIdentity.w25q16
        while identity.capacity < contents.count,
            let next = FlashIdentity(manufacturer: 0xEF, memoryType: 0x40, capacityCode: identity.capacityCode + 1)
        {
            identity = next
        }
        let flash = NORFlash(identity, contents: contents)
        // Found out now rather than when there is something to lose.
        if isMissing { try write(flash, to: image) }
        guard access(image.path, W_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            throw UsageError(message: "\(image.path): \(reason); --flash writes changes to it")
        }
        return flash
    }

    private static func write(_ flash: NORFlash, to image: FlashImage) throws {
        do {
            try image.write(flash.contents)
        } catch {
            throw UsageError(message: "\(image.path): \(String(cString: strerror(error.code)))")
        }
    }

    /// Writes the image if the flash has changed since it was last written.
    private static func save(_ server: USBIPServer, to image: FlashImage, saved: inout UInt64) throws {
        let flash = server.withBus { bus, _ in bus.device.mpsse.wiring.device(SPIPins<NORFlash>.self)?.device }
        guard let flash = flash ?? nil, flash.changeCount != saved else { return }
        try write(flash, to: image)
        saved = flash.changeCount
    }
}
