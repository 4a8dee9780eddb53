import Glibc
import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("What control answers", .watched)
struct ControlAnswerTests {
    @Test("Every mode is there on every device", arguments: Device.allCases)
    func modes(device: Device) throws {
        let rig = try Rig(device)
        for (request, _) in ModeSelectionTests.transmitModes { #expect(try rig.port.control(request) == 0) }
        for (request, _) in ModeSelectionTests.receiveModes { #expect(try rig.port.control(request) == 0) }
    }

    @Test("Timeouts can be set in every mode", arguments: Device.allCases)
    func timeouts(device: Device) throws {
        let rig = try Rig(device)
        #expect(try rig.port.control(.setTXTimeout(.ticks(5))) == 0)
        #expect(try rig.port.control(.setRXTimeout(.forever)) == 0)
    }

    @Test("Requests of another mode are refused", arguments: Device.allCases)
    func wrongMode(device: Device) throws {
        let rig = try Rig(device)
        let requests: [ControlRequest] = [
            .obtainWriteMutex(.now), .releaseWriteMutex, .waitPreviousWriteComplete(.now), .clearRXBuffer,
        ]
        for request in requests {
            let error = #expect(throws: PeripheralError.self) { try rig.port.control(request) }
            guard case .refused(.wrongMode) = error else {
                Issue.record("\(request) answered \(String(describing: error))")
                continue
            }
        }
    }

    @Test(
        "A speed answers the rate in force, which is no faster",
        arguments: [
            (Device.spi, 10_000_000, 10_000_000), (.spi, 7_000_000, 6_000_000), (.spi, 100_000_000, 30_000_000),
            (.spi, 458, 458), (.uart, 115_200, 115_200), (.pty, 9600, 9600), (.pty, 250_000, 250_000),
        ] as [(Device, UInt32, UInt32)])
    func speed(device: Device, asked: UInt32, inForce: UInt32) throws {
        let rig = try Rig(device)
        #expect(try rig.port.control(.setSpeed(asked)) == inForce)
    }

    @Test(
        "A speed that a device cannot have is not set",
        arguments: [
            (Device.spi, 457), (.spi, 0), (.uart, 12_000_001), (.uart, 0), (.pty, 0),
        ] as [(Device, UInt32)])
    func badSpeed(device: Device, asked: UInt32) throws {
        let rig = try Rig(device)
        #expect(throws: PeripheralError.self) { try rig.port.control(.setSpeed(asked)) }
        // It goes on as it was.
        #expect(try rig.port.control(.setSpeed(9600)) <= 9600)
    }

    @Test("A new speed takes effect", arguments: Device.virtual)
    func speedInForce(device: Device) throws {
        let clock = VirtualClock()
        let rig = try Rig(device, clock: .virtual(clock))
        try rig.port.control(.setSpeed(1000))
        let start = clock.now
        _ = try rig.port.write(pattern(10))
        let bits: UInt64 = device == .spi ? 8 : 10
        #expect(clock.now.nanoseconds(since: start) >= 10 * bits * 1_000_000)
    }

    @Test("SPI settings belong to SPI", arguments: Device.uarts)
    func noSPI(device: Device) throws {
        let rig = try Rig(device)
        let requests: [ControlRequest] = [
            .setSPIDataBits(8), .setSPIClockPhase(.leadingEdge), .setSPIClockPolarity(.idlesLow),
            .setSPIMode(.master), .setSSPFrameFormat(.spi), .holdChipSelect, .releaseChipSelect,
        ]
        for request in requests { #expect(isNotSupported { try rig.port.control(request) }, "\(request)") }
    }

    @Test("SPI settings answer what is in force")
    func spi() throws {
        let rig = try Rig(.spi)
        #expect(try rig.port.control(.setSPIDataBits(8)) == 8)
        #expect(try rig.port.control(.setSPIClockPhase(.trailingEdge)) == 1)
        #expect(try rig.port.control(.setSPIClockPolarity(.idlesHigh)) == 1)
        #expect(try rig.port.control(.setSPIMode(.master)) == 0)
        #expect(try rig.port.control(.setSSPFrameFormat(.spi)) == 0)
        let unsupported: [ControlRequest] = [
            .setSPIDataBits(9), .setSPIMode(.slave), .setSSPFrameFormat(.microwire),
            .setSSPFrameFormat(.texasInstruments),
        ]
        for request in unsupported { #expect(isNotSupported { try rig.port.control(request) }, "\(request)") }
    }

    @Test("I²C and the internal request are not supported", arguments: Device.allCases)
    func unsupported(device: Device) throws {
        let rig = try Rig(device)
        #expect(isNotSupported { try rig.port.control(.setI2CSlaveAddress(0x50)) })
        #expect(isNotSupported { try rig.port.control(.useInterrupts(true)) })
    }

    @Test("An interrupt priority is 0 to 99", arguments: Device.allCases)
    func priority(device: Device) throws {
        let rig = try Rig(device)
        // Without the privilege it stays ordinary, with a warning.
        for priority in [1, 99, 0] { #expect(try rig.port.control(.setInterruptPriority(priority)) == 0) }
        for priority in [-1, 100] {
            #expect(throws: PeripheralError.self) { try rig.port.control(.setInterruptPriority(priority)) }
        }
        #expect(try rig.port.write([1, 2, 3]) == 3)
    }

    private func isNotSupported(_ call: () throws -> UInt32) -> Bool {
        do {
            _ = try call()
            return false
        } catch PeripheralError.notSupported {
            return true
        } catch {
            return false
        }
    }
}
