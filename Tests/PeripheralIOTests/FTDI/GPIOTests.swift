import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("GPIO beside SPI", .timeLimit(.minutes(30)))
struct GPIOTests {
    @Test("Pins are driven, read and let go, while transfers go on and leave them alone")
    func pins() throws {
        let bench = try FTDIBench([PinWire(from: .acbus(0), to: .acbus(1)), PinWire()])
        let port = try bench.port("cs=0")
        let pins = try GPIOPort(bench.bus)
        for level in [true, false, true] {
            try pins.drive(8, level)
            try pins.drive(6, !level)
            #expect(try port.exchange([1, 2, 3]) == [1, 2, 3])
            let levels = try pins.read()
            #expect((levels >> 8 & 1 == 1) == level)
            #expect((levels >> 9 & 1 == 1) == level)
            #expect((levels >> 6 & 1 == 0) == level)
        }
        try pins.drive(6, false)
        try pins.release(6)
        // The pull-up.
        #expect(try pins.read() >> 6 & 1 == 1)
        pins.close()
        #expect(try port.exchange([4]) == [4])
    }

    @Test(
        "Pins of the bus, of chip selects, and those that there are not, are refused", arguments: [0, 1, 2, 3, -1, 16])
    func refused(pin: Int) throws {
        let bench = try FTDIBench()
        let port = try bench.port("cs=0")
        defer { port.close() }
        let pins = try GPIOPort(bench.bus)
        #expect(throws: PeripheralError.self) { try pins.drive(pin, true) }
        #expect(throws: PeripheralError.self) { try pins.release(pin) }
        try pins.drive(4, true)
    }

    @Test("Pins are held for as long as is asked, until the device is lost, or until they are given back")
    func holds() throws {
        let bench = try FTDIBench(clock: .wall)
        let pins = try GPIOPort(bench.bus)
        try pins.drive(8, true)
        try pins.hold(for: .milliseconds(5))
        #expect(try pins.read() >> 8 & 1 == 1)
        let other = try GPIOPort(bench.bus)
        let closed = Call { try other.hold(for: .forever) }
        let lost = Call { try pins.hold(for: .forever) }
        other.close()
        #expect(try closed.error() == PeripheralError.closed)
        bench.usb.withBus { bus, now in bus.unplug(at: now) }
        #expect(try lost.error() == PeripheralError.deviceLost("virtual://ft232h"))
        #expect(throws: PeripheralError.closed) { try other.hold(for: .now) }
    }

    @Test("A lost device is told")
    func lost() throws {
        let bench = try FTDIBench()
        let pins = try GPIOPort(bench.bus)
        bench.usb.withBus { bus, now in bus.unplug(at: now) }
        #expect(throws: PeripheralError.deviceLost("virtual://ft232h")) { try pins.read() }
        pins.close()
    }

    @Test("It is opened by name")
    func names() throws {
        let pins = try GPIOPort.open("virtual://ft232h", clock: .virtual(VirtualClock()))
        try pins.drive(9, false)
        #expect(try pins.read() >> 9 & 1 == 0)
        #expect(throws: PeripheralError.self) { try GPIOPort.open("virtual://spi") }
    }
}
