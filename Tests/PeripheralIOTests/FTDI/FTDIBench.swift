import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// A virtual FT232H in virtual time, and peripherals on its SPI bus.
final class FTDIBench: Sendable {
    let usb: VirtualUSBInterface
    let bus: MPSSEBus

    /// - Parameter devices: what is wired to the pins; by default a wire from MOSI to MISO.
    init(
        _ devices: [any PinDevice] = [PinWire()], faults: FaultPlan = .none, loops: Bool = false,
        clock: HardwareClock = .virtual(VirtualClock())
    ) throws {
        usb = try VirtualUSBInterface(
            VirtualFT232H(devices: devices, faults: faults), name: "virtual://ft232h", clock: clock)
        bus = try MPSSEBus(usb, loops: loops)
    }

    /// A device on the bus, with settings as they follow a name.
    func port(_ settings: String = "") throws -> Peripheral {
        let address = try DeviceAddress("virtual://ft232h?" + settings)
        return try Peripheral(address: address, driver: driver(address))
    }

    private func driver(_ address: DeviceAddress) throws -> FTDISPIDriver {
        try FTDISPIDriver(bus, name: address.name, settings: address.spi)
    }

    func driver(_ settings: String = "") throws -> FTDISPIDriver {
        try driver(DeviceAddress("virtual://ft232h?" + settings))
    }

    /// The chip as it is now.
    func chip<Result>(_ body: (inout VirtualFT232H) -> Result) -> Result {
        usb.withBus { bus, now in bus.withDevice(at: now, body) }
    }

    /// Begins anew with noting what is submitted.
    func record() {
        usb.withBus { bus, _ in
            bus.recordsSubmissions = false
            bus.recordsSubmissions = true
        }
    }

    /// What has been submitted to an endpoint since.
    func submissions(_ endpoint: UInt8) -> [URBSubmission] {
        usb.withBus { bus, _ in bus.submissions.filter { $0.endpoint == endpoint } }
    }
}

extension Peripheral {
    /// `transaction` for arrays.
    func transaction(_ sent: [UInt8], receiving count: Int) throws(PeripheralError) -> [UInt8] {
        var received = [UInt8](repeating: 0, count: count)
        var span = received.mutableSpan
        var raw = span.mutableBytes
        try transaction(sending: sent.span.bytes, receiving: &raw)
        return received
    }
}
