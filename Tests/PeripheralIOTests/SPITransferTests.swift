import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("SPI transfer", .watched)
struct SPITransferTests {
    @Test("A read clocks out dummy bytes of 0xFF", arguments: ModeSelectionTests.receiveModes.map(\.0))
    func dummyBytes(mode: ControlRequest) throws {
        let rig = try Rig(.spi)
        try rig.port.control(mode)
        rig.script.answer([1, 2, 3, 4])
        #expect(try rig.reading(4).value() == [1, 2, 3, 4])
        #expect(rig.script.received == [0xFF, 0xFF, 0xFF, 0xFF])
    }

    @Test("The dummy byte can be another")
    func otherDummyByte() throws {
        let driver = VirtualSPIDriver(
            name: "spi", controller: VirtualSPIController(clock: 1_000_000), clock: .virtual(VirtualClock()),
            dummyByte: 0xA5)
        let port = try Peripheral(address: DeviceAddress("virtual://spi"), driver: driver)
        #expect(try port.read(3) == [0xA5, 0xA5, 0xA5])
    }

    @Test("What comes in during a write is dropped", arguments: ModeSelectionTests.transmitModes.map(\.0))
    func writeDrops(mode: ControlRequest) throws {
        let rig = try Rig(.spi)
        try rig.port.control(.useCircularBufferRX(length: 100))
        try rig.port.control(mode)
        rig.script.answer([1, 2, 3, 4, 5])
        if mode == .useZeroCopyTX {
            #expect(rig.port.write(TransferBuffer([9, 9, 9])).wait().error == nil)
        } else {
            _ = try rig.port.write([9, 9, 9])
        }
        if mode != .usePolledTX { try rig.port.control(.waitPreviousWriteComplete(.forever)) }
        #expect(try rig.reading(2).value() == [4, 5])
    }

    @Test(
        "An exchange sends and receives at once, whatever the modes",
        arguments: ModeSelectionTests.transmitModes.map(\.0))
    func exchange(mode: ControlRequest) throws {
        let rig = try Rig(.spi)
        try rig.port.control(mode)
        rig.script.answer(pattern(500))
        #expect(try rig.port.exchange(pattern(500, seed: 2)) == pattern(500))
        #expect(rig.script.received == pattern(500, seed: 2))
        #expect(rig.port.statistics.bytesSent == 500)
        #expect(rig.port.statistics.bytesReceived == 500)
    }

    @Test("A zero-copy exchange gives both buffers back")
    func zeroCopyExchange() throws {
        let rig = try Rig(.spi)
        try rig.port.control(.useZeroCopyTX)
        rig.script.answer(pattern(500))
        let finished = rig.port.exchange(TransferBuffer(pattern(500, seed: 2)), into: TransferBuffer(count: 500)).wait()
        #expect(finished.error == nil)
        finished.takeBuffer().takeBoth { sent, received in
            #expect(sent.array == pattern(500, seed: 2))
            #expect(received.array == pattern(500))
        }
        #expect(rig.script.received == pattern(500, seed: 2))
    }

    @Test("An exchange needs an SPI device and buffers of one length")
    func badExchange() throws {
        let spi = try Rig(.spi).port
        var five = [UInt8](repeating: 0, count: 5)
        var span = five.mutableSpan
        var raw = span.mutableBytes
        #expect(throws: PeripheralError.self) { try spi.exchange([1, 2].span.bytes, into: &raw) }
        try spi.control(.useZeroCopyTX)
        #expect(spi.exchange(TransferBuffer(count: 2), into: TransferBuffer(count: 5)).wait().error != nil)

        let uart = try Rig(.uart).port
        #expect(throws: PeripheralError.self) { try uart.exchange([1, 2]) }
        try uart.control(.useZeroCopyTX)
        #expect(uart.exchange(TransferBuffer(count: 2), into: TransferBuffer(count: 2)).wait().error != nil)
        // Refused means that nothing is left behind.
        try uart.control(.obtainWriteMutex(.now))
    }

    @Test("An exchange of nothing is over at once")
    func emptyExchange() throws {
        let rig = try Rig(.spi)
        #expect(try rig.port.exchange([]) == [])
        try rig.port.control(.useZeroCopyTX)
        #expect(rig.port.exchange(TransferBuffer(count: 0), into: TransferBuffer(count: 0)).wait().error == nil)
        try rig.port.control(.obtainWriteMutex(.now))
    }

    @Test("Chip select frames each transfer")
    func framed() throws {
        let rig = try Rig(.spi)
        _ = try rig.port.write([1, 2])
        #expect(rig.script.selections == 1)
        #expect(!rig.script.isSelected)
        _ = try rig.port.read(2)
        #expect(rig.script.selections == 2)
        #expect(!rig.script.isSelected)
    }

    @Test(
        "Held, chip select stays from a write to the read of its answer",
        arguments: ModeSelectionTests.receiveModes.map(\.0))
    func held(mode: ControlRequest) throws {
        let rig = try Rig(.spi)
        try rig.port.control(mode)
        #expect(try rig.port.control(.holdChipSelect) == 1)
        _ = try rig.port.write([0x9F])
        #expect(rig.script.isSelected)
        rig.script.answer([0xEF, 0x40, 0x18])
        #expect(try rig.reading(3).value() == [0xEF, 0x40, 0x18])
        #expect(rig.script.isSelected)
        #expect(rig.script.selections == 1)
        #expect(try rig.port.control(.releaseChipSelect) == 0)
        #expect(!rig.script.isSelected)
        _ = try rig.port.write([1])
        #expect(rig.script.selections == 2)
        #expect(!rig.script.isSelected)
    }
}
