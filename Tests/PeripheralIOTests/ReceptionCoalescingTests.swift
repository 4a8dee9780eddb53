import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Coalesced reception", .watched)
struct ReceptionCoalescingTests {
    /// A line of 3 Mbaud in virtual time that is wired to itself.
    private func rig(_ clock: VirtualClock, microseconds: UInt32) throws -> Rig {
        let rig = try Rig(.uart, rate: 3_000_000, clock: .virtual(clock))
        try rig.port.control(.useZeroCopyTX)
        try rig.port.control(.useCircularBufferRX(length: 10_000))
        try rig.port.control(.setRXCoalescing(microseconds: microseconds))
        return rig
    }

    @Test(
        "A stream of 10 ms is fetched once an interval, and no more than 2 KiB are left to the device",
        arguments: [(0, 30...3000), (2000, 4...7), (10_000, 2...4)] as [(UInt32, ClosedRange<UInt64>)])
    func stream(microseconds: UInt32, receptions: ClosedRange<UInt64>) throws {
        let rig = try rig(VirtualClock(), microseconds: microseconds)
        let bytes = pattern(3000)
        let write = rig.port.write(TransferBuffer(bytes))
        #expect(try rig.reading(3000).value() == bytes)
        #expect(write.wait().error == nil)
        #expect(receptions.contains(rig.port.statistics.receptions), "\(rig.port.statistics.receptions)")
    }

    @Test("A byte after a silence is fetched at once")
    func silence() throws {
        let clock = VirtualClock()
        let rig = try rig(clock, microseconds: 2000)
        // As soon as the interval after the byte before is over.
        try eventually("a byte is there within a millisecond") {
            clock.advance(to: clock.now.advanced(byNanoseconds: 1_000_000_000))
            let start = clock.now
            let write = rig.port.write(TransferBuffer([7]))
            let byte = try rig.reading(1).value()
            #expect(byte == [7])
            let nanoseconds = clock.now.nanoseconds(since: start)
            #expect(write.wait().error == nil)
            return nanoseconds < 1_000_000
        }
    }

    @Test("A port without a wire fetches bytes as they come")
    func noWire() throws {
        let rig = try Rig(.pty)
        try rig.port.control(.useCircularBufferRX(length: 100))
        try rig.port.control(.setRXCoalescing(microseconds: 10_000))
        #expect(rig.port.engine.state.withLock { $0.receiveInterval } == 0)
        try rig.feed([1, 2])
        #expect(try rig.reading(2).value() == [1, 2])
    }

    @Test("It is for serial ports, and within limits")
    func refused() throws {
        let uart = try Rig(.uart)
        try uart.port.control(.setRXCoalescing(microseconds: 10_000))
        #expect(
            throws: PeripheralError.refused(.badValue("received bytes are fetched within 0 to 10000 µs, not 10001"))
        ) {
            try uart.port.control(.setRXCoalescing(microseconds: 10_001))
        }
        let spi = try Rig(.spi)
        #expect(throws: PeripheralError.self) { try spi.port.control(.setRXCoalescing(microseconds: 1)) }
    }
}
