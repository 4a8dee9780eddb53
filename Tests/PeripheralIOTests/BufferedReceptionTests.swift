import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// Character queue and circular buffer: to a reader they are the same.
@Suite("Buffered reception", .watched)
struct BufferedReceptionTests {
    enum Mode: CaseIterable {
        case characterQueue, circularBuffer

        func request(length: Int) -> ControlRequest {
            switch self {
            case .characterQueue: .useCharacterQueueRX(length: length)
            case .circularBuffer: .useCircularBufferRX(length: length)
            }
        }
    }

    private func rig(
        _ device: Device, _ mode: Mode = .circularBuffer, length: Int, faults: FaultPlan = .none
    ) throws -> Rig {
        let rig = try Rig(device, faults: faults)
        try rig.port.control(mode.request(length: length))
        return rig
    }

    @Test("What comes in is there when it is asked for", arguments: Device.allCases, Mode.allCases)
    func read(device: Device, mode: Mode) throws {
        let rig = try rig(device, mode, length: 1000)
        let bytes = pattern(300)
        try rig.feed(bytes)
        #expect(try rig.reading(300).value() == bytes)
        #expect(rig.port.statistics.bytesReceived == 300)
    }

    @Test("A read longer than the buffer waits for the rest", arguments: Device.allCases, Mode.allCases)
    func longRead(device: Device, mode: Mode) throws {
        let rig = try rig(device, mode, length: 64)
        let bytes = pattern(2000)
        // An SPI device has to have its answers before it is asked.
        if device == .spi { try rig.feed(bytes) }
        let reading = rig.reading(2000)
        if device != .spi { try rig.feed(bytes) }
        #expect(try reading.value() == bytes)
    }

    @Test("At its time-out a read answers what is there", arguments: Device.uarts, Mode.allCases)
    func timeout(device: Device, mode: Mode) throws {
        let rig = try rig(device, mode, length: 100)
        try rig.port.control(.setRXTimeout(.milliseconds(20)))
        try rig.feed([1, 2, 3])
        try eventually("three bytes are in") { rig.port.statistics.bytesReceived == 3 }
        #expect(try rig.port.read(10) == [1, 2, 3])
        #expect(try rig.port.read(10) == [])
        try rig.port.control(.setRXTimeout(.now))
        #expect(try rig.port.read(10) == [])
    }

    @Test("An SPI read times out when the bus stands still", arguments: Mode.allCases)
    func timeoutSPI(mode: Mode) throws {
        var faults = FaultPlan()
        faults.stallAfter = 5
        let rig = try rig(.spi, mode, length: 100, faults: faults)
        try rig.port.control(.setRXTimeout(.milliseconds(20)))
        #expect(try rig.port.read(10) == [])
    }

    @Test("An SPI read that may not wait clocks nothing in")
    func noWaitSPI() throws {
        let rig = try rig(.spi, length: 100)
        try rig.port.control(.setRXTimeout(.now))
        for _ in 0..<50 { #expect(try rig.port.read(10) == []) }
        #expect(rig.script.received.isEmpty)
        try rig.port.control(.setRXTimeout(.forever))
        rig.script.answer([7, 8, 9])
        #expect(try rig.port.read(3) == [7, 8, 9])
        #expect(rig.script.received == [0xFF, 0xFF, 0xFF])
    }

    @Test("What was received can be thrown away", arguments: Device.uarts, Mode.allCases)
    func clear(device: Device, mode: Mode) throws {
        let rig = try rig(device, mode, length: 100)
        try rig.feed([1, 2, 3])
        try eventually("three bytes are in") { rig.port.statistics.bytesReceived == 3 }
        try rig.port.control(.clearRXBuffer)
        try rig.feed([4, 5])
        #expect(try rig.port.read(2) == [4, 5])
    }

    @Test("A full buffer leaves the rest to the device, and nothing is lost", arguments: Device.uarts)
    func full(device: Device) throws {
        let rig = try rig(device, length: 64)
        let bytes = pattern(2000)
        try rig.feed(bytes)
        try eventually("reception pauses") { rig.port.statistics.receivePauses > 0 }
        #expect(rig.port.statistics.bytesReceived == 64)
        #expect(try rig.reading(2000).value() == bytes)
    }

    @Test("A full buffer that is cleared takes in new bytes")
    func fullAndCleared() throws {
        let rig = try rig(.pty, length: 16)
        try rig.feed([UInt8](repeating: 0, count: 500))
        try eventually("reception pauses") { rig.port.statistics.receivePauses > 0 }
        try rig.port.control(.clearRXBuffer)
        // What the clearing overtook may still come in; then the new bytes do.
        try rig.feed([1, 2, 3])
        let last = rig.call { port in
            while try port.read(1) != [1] {}
            return try port.read(2)
        }
        #expect(try last.value() == [2, 3])
    }

    @Test("Several readers share what comes in, and each gets all it waits for", arguments: Device.allCases)
    func severalReaders(device: Device) throws {
        let rig = try rig(device, length: 32)
        let bytes = pattern(1000)
        if device == .spi { try rig.feed(bytes) }
        let readers = (1...4).map { _ in rig.reading(250) }
        if device != .spi { try rig.feed(bytes) }
        var read: [UInt8] = []
        for reader in readers { read += try reader.value() }
        // Each byte goes to one reader.
        #expect(read.sorted().elementsEqual(bytes.sorted()))
    }

    @Test("Nothing to read does not wait", arguments: Mode.allCases)
    func empty(mode: Mode) throws {
        let rig = try rig(.pty, mode, length: 10)
        #expect(try rig.reading(0).value() == [])
    }

    @Test("Bytes that the port itself sends polled are received meanwhile")
    func loopback() throws {
        let rig = try Rig(.uart, clock: .wall)
        try rig.port.control(.useCircularBufferRX(length: 4000))
        let reading = rig.reading(3000)
        try rig.awaitWaiter(for: .data)
        let bytes = pattern(3000)
        #expect(try rig.port.write(bytes) == 3000)
        #expect(try reading.value() == bytes)
    }

    @Test("Only a buffer can be cleared")
    func clearPolled() throws {
        let rig = try Rig(.uart)
        #expect(throws: PeripheralError.self) { try rig.port.control(.clearRXBuffer) }
    }
}
