import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Virtual drivers", .timeLimit(.minutes(30)))
struct VirtualDriverTests {
    private let clock = VirtualClock()

    private func open(_ text: String) throws -> Peripheral {
        try Peripheral(text, clock: .virtual(clock))
    }

    @Test("A read of an SPI device clocks dummy bytes out, which its loop of wire brings back")
    func dummyBytes() throws {
        var address = try DeviceAddress("virtual://spi")
        address.spi.dummyByte = 0xA5
        let device = try Peripheral(address: address, driver: DriverTable.open(address, clock: .virtual(clock)))
        var bytes: [UInt8] = [0, 0, 0]
        let count = try bytes.withUnsafeMutableBytes { try device.read(into: $0) }
        #expect(count == 3)
        #expect(bytes == [0xA5, 0xA5, 0xA5])
    }

    @Test("Time on a virtual clock is the time on the wire")
    func virtualTime() throws {
        let device = try open("virtual://spi?speed=1M")
        let before = clock.now
        #expect(try device.write([UInt8](repeating: 1, count: 1000).span.bytes) == 1000)
        #expect(clock.now.nanoseconds(since: before) == 8_000_000)
    }

    @Test(
        "A device that is unplugged in the middle of a long transfer is lost then, and not at the transfer's end",
        arguments: [("virtual://spi?speed=1M&unplug=10", 80_000), ("virtual://uart?baud=1M&unplug=10", 100_000)])
    func lostInTime(device: String, nanoseconds: UInt64) throws {
        let device = try open(device)
        let before = clock.now
        let error = #expect(throws: PeripheralError.self) {
            try device.write([UInt8](repeating: 1, count: 100_000).span.bytes)
        }
        #expect(error == .deviceLost(device.name))
        let elapsed = clock.now.nanoseconds(since: before)
        // A wait for half of what is left can end a nanosecond late for each time that it is halved.
        #expect((nanoseconds...nanoseconds + 64).contains(elapsed))
        #expect(throws: PeripheralError.deviceLost(device.name)) { try device.write([1].span.bytes) }
    }

    @Test("A lost SPI device takes nothing more")
    func lostBeforeTransmit() throws {
        var faults = FaultPlan()
        faults.unplugAfter = 1
        let driver = VirtualSPIDriver(
            name: "gone", controller: VirtualSPIController(clock: 1_000_000, faults: faults), clock: .virtual(clock))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 1)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        defer { memory.deallocate() }
        let segment = Segment(transmit: memory.baseAddress, receive: nil, count: 2)
        #expect(try driver.transmit(segment) == 2)
        clock.advance(to: .never)
        #expect(throws: PeripheralError.deviceLost("gone")) { try driver.wireState() }
        #expect(throws: PeripheralError.deviceLost("gone")) { try driver.transmit(segment) }
        driver.abort()
    }

    @Test("Waiting for a stalled UART leaves the virtual time alone", arguments: [Readiness.room, .wire, .data])
    func stalled(interest: Readiness) throws {
        var faults = FaultPlan()
        faults.stallAfter = 0
        let driver = try VirtualUARTDriver(
            name: "stalled", uart: VirtualUART(baudRate: 1_000_000, faults: faults), clock: .virtual(clock))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: VirtualUART.transmitCapacity, alignment: 1)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        defer { memory.deallocate() }
        let taken = try driver.transmit(Segment(transmit: memory.baseAddress, receive: nil, count: memory.count))
        #expect(taken == memory.count)

        let event = try EventDescriptor()
        event.signal()
        let before = clock.now
        #expect(try driver.wait(for: interest, until: .never, event: event) == .event)
        #expect(clock.now == before)

        // A deadline is on the device's clock.
        event.reset()
        let deadline = before.advanced(byNanoseconds: 5_000)
        #expect(try driver.wait(for: interest, until: deadline, event: event) == [])
        #expect(clock.now == deadline)
    }

    @Test(
        "A rate that does not exist is refused when the device is opened, as it is later",
        arguments: ["virtual://spi?speed=457", "virtual://uart?baud=12000001"])
    func badRates(device: String) throws {
        let error = #expect(throws: PeripheralError.self) { try open(device) }
        guard case .notSupported = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("The rate in force at the start is what the device makes of the one asked for")
    func rateInForce() throws {
        #expect(try open("virtual://spi?speed=20M").speed == 15_000_000)
        #expect(try open("virtual://spi?speed=458").speed == 458)
        #expect(try open("virtual://uart?baud=12M").speed == 12_000_000)
    }
}
