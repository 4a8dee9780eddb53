import CUMockdev
import Foundation
import VirtualHardware

/// Runs a command on a machine that umockdev makes up, with a virtual FT232H on its USB:
///
///     FT232HMock [--flash FILE] [--serial TEXT] [--fault NAME=BYTES] -- COMMAND [ARGUMENT …]
///
/// The command's libusb and libftdi are the real ones; what they ask of the kernel is answered here. MOSI is wired to MISO,
/// or with `--flash` a flash is on the pins, whose contents come from the file and go back to it at the end. TX is wired
/// to RX. Faults are `nak` and `halt`, after so many bytes across the bulk endpoints, and `packet`, so many at most in one
/// packet. Ends with the command's status: 127 if there is no such command, 125 if there is no mock.
@main
enum FT232HMock {
    private struct Options {
        var flash: String?
        var serial = "FTHIL001"
        var faults = FaultPlan.none
        var command: [String] = []

        /// nil if they make no sense.
        init?(_ arguments: some Collection<String>) {
            var rest = Array(arguments)
            while let option = rest.first, option != "--" {
                guard rest.count > 1 else { return nil }
                switch option {
                case "--flash": flash = rest[1]
                case "--serial": serial = rest[1]
                case "--fault":
                    let parts = rest[1].split(separator: "=")
                    guard parts.count == 2, let count = UInt64(parts[1]), add(String(parts[0]), count) else {
                        return nil
                    }
                default: return nil
                }
                rest.removeFirst(2)
            }
            command = Array(rest.dropFirst())
            if command.isEmpty { return nil }
        }

        /// False if there is no fault of this name.
        private mutating func add(_ fault: String, _ count: UInt64) -> Bool {
            switch fault {
            case "nak": faults.nakAfter = count
            case "halt": faults.haltEndpointAfter = count
            case "packet": faults.shortPacket = Int(clamping: count)
            default: return false
            }
            return true
        }
    }

    private enum Status {
        static let usage: Int32 = 2
        static let noMock: Int32 = 125
        static let noCommand: Int32 = 127
    }

    static func main() {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            end(
                Status.usage,
                "usage: FT232HMock [--flash FILE] [--serial TEXT] [--fault NAME=BYTES] -- COMMAND [ARGUMENT …]")
        }
        ChildProcess.holdSignals()
        do {
            exit(try run(options))
        } catch let error as TestBed.Failure {
            end(Status.noMock, error.reason)
        } catch let error as FlashImage.Failure {
            end(Status.noMock, "\(error.path): \(String(cString: strerror(error.code)))")
        } catch {
            end(Status.noMock, "\(error)")
        }
    }

    private static func end(_ status: Int32, _ reason: String) -> Never {
        FileHandle.standardError.write(Data("FT232HMock: \(reason)\n".utf8))
        exit(status)
    }

    private static func run(_ options: Options) throws -> Int32 {
        // The bus keeps its time, and every call that umockdev answers ends with a sleep of no time, which takes as long
        // as timers may be late.
        hil_mock_use_exact_timers()
        var image = options.flash.map { FlashImage(path: $0) }
        var devices: [any PinDevice] = [PinWire()]
        if let image { devices = [SPIPins(try image.makeFlash())] }
        let chip = VirtualFT232H(
            devices: devices, eeprom: FT232HEEPROM(serial: options.serial), faults: options.faults)
        let bed = try TestBed(MachineDescription(chip, driver: UsbfsServer.driver))
        defer { bed.remove() }
        let server = UsbfsServer(chip, readiness: bed.readiness) { bed.setDriver($0) }
        guard let server, let handler = server.makeHandler() else {
            throw TestBed.Failure(reason: "no descriptor is left for it")
        }
        try bed.attach(handler)

        let preload = ["libumockdev-preload.so.0", ProcessInfo.processInfo.environment["LD_PRELOAD"]]
        let child = ChildProcess(
            options.command, environment: ["LD_PRELOAD": preload.compactMap { $0 }.joined(separator: ":")])
        guard let child else {
            FileHandle.standardError.write(
                Data("FT232HMock: \(options.command[0]): \(String(cString: strerror(errno)))\n".utf8))
            return Status.noCommand
        }
        let status = child.wait()
        if let flash = server.host.withBus({ bus, _ in bus.device.flash }) ?? nil { try image?.keep(flash) }
        server.host.stop()
        return status
    }
}
