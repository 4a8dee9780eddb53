import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI against a hostile device", .timeLimit(.minutes(30)))
struct FTDIHostileTests {
    private func script(_ seed: UInt64, length: Int = 4000) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test("Whatever it answers, opening and every transfer end, and all memory comes back", arguments: 0..<8)
    func spi(round: Int) throws {
        for seed in 0..<100 {
            try Call {
                let usb = try HostileUSB(script(UInt64(round * 100 + seed)))
                let address = try DeviceAddress("virtual://ft232h")
                if let bus = try? MPSSEBus(usb),
                    let driver = try? FTDISPIDriver(bus, firstAs: "hostile", settings: address.spi)
                {
                    let port = try Peripheral(address: address, driver: driver)
                    for count in [3, 700] {
                        _ = try? port.exchange(pattern(count))
                        _ = try? port.transaction(pattern(count), receiving: count)
                    }
                    port.close()
                }
                #expect(usb.pendingCount == 0)
            }.value()
        }
    }

    @Test("The same for a serial port", arguments: 0..<4)
    func uart(round: Int) throws {
        for seed in 0..<100 {
            try Call {
                let usb = try HostileUSB(script(UInt64(round * 100 + seed)))
                let address = try DeviceAddress("virtual://ft232h?baud=9600")
                if let driver = try? FTDIUARTDriver(usb, name: "hostile", settings: address.serial) {
                    let port = try Peripheral(address: address, driver: driver)
                    _ = try? port.control(.useCircularBufferRX(length: 10_000))
                    _ = try? port.control(.setRXTimeout(.milliseconds(1)))
                    _ = try? port.write(pattern(3000))
                    _ = try? port.read(10)
                    port.close()
                }
                #expect(usb.pendingCount == 0)
            }.value()
        }
    }
}
