import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// What reaches the device is the caller's own memory: its addresses are noted where the driver meets the kernel, and
/// where it meets the virtual device.
@Suite("Zero copy, proved", .watched)
struct ZeroCopyProofTests {
    @Test("write(2) is given the caller's addresses, from the first byte to the last", arguments: [1, 1000, 200_000])
    func kernel(count: Int) throws {
        let faulty = try FaultyPort()
        try faulty.port.control(.useZeroCopyTX)
        let buffer = TransferBuffer(pattern(count))
        let memory = MemoryRange(UnsafeRawBufferPointer(buffer.transferMemory))
        let reading = Call("far end") { faulty.line.read(count) }
        #expect(faulty.port.write(buffer).wait().error == nil)
        #expect(try reading.value() == pattern(count))
        expectPassed(memory, faulty.calls.writes.all)
    }

    @Test("So it is in the manner of FreeRTOS+IO")
    func kernelUnretained() throws {
        let faulty = try FaultyPort()
        try faulty.port.control(.useZeroCopyTX)
        let bytes = pattern(100_000)
        let reading = Call("far end") { faulty.line.read(100_000) }
        try bytes.withUnsafeBytes { bytes in
            try faulty.port.control(.obtainWriteMutex(.forever))
            #expect(try faulty.port.startWrite(unretained: bytes) == 100_000)
            try faulty.port.control(.waitPreviousWriteComplete(.forever))
            expectPassed(MemoryRange(bytes), faulty.calls.writes.all)
        }
        #expect(try reading.value() == bytes)
    }

    @Test("So it is when the tty takes one byte at a time, and when signals come in between")
    func kernelInSteps() throws {
        let faulty = try FaultyPort(FaultyCalls.Plan(step: 1, interruptEvery: 3, falseAlarms: 2))
        try faulty.port.control(.useZeroCopyTX)
        let buffer = TransferBuffer(pattern(300))
        let memory = MemoryRange(UnsafeRawBufferPointer(buffer.transferMemory))
        #expect(faulty.port.write(buffer).wait().error == nil)
        #expect(try Call { faulty.line.read(300) }.value() == pattern(300))
        expectPassed(memory, faulty.calls.writes.all)
    }

    @Test("A polled write passes the caller's addresses too")
    func kernelPolled() throws {
        let faulty = try FaultyPort()
        let buffer = TransferBuffer(pattern(1000))
        #expect(try faulty.port.write(buffer.bytes) == 1000)
        let memory = MemoryRange(UnsafeRawBufferPointer(buffer.transferMemory))
        expectPassed(memory, faulty.calls.writes.all)
    }

    @Test("A virtual device is given the caller's addresses", arguments: Device.virtual, [nil, 100])
    func virtual(device: Device, shortWrite: Int?) throws {
        var faults = FaultPlan()
        faults.shortWrite = shortWrite
        let offers = Recorder<MemoryRange>()
        let port = try watchedPort(device, faults, offers)
        let buffer = TransferBuffer(pattern(5000))
        let memory = MemoryRange(UnsafeRawBufferPointer(buffer.transferMemory))
        #expect(port.write(buffer).wait().error == nil)
        expectOffered(memory, offers.all)

        // The same memory once more, in the manner of FreeRTOS+IO.
        let again = Recorder<MemoryRange>()
        let other = try watchedPort(device, faults, again)
        try pattern(5000).withUnsafeBytes { bytes in
            try other.control(.obtainWriteMutex(.now))
            #expect(try other.startWrite(unretained: bytes) == 5000)
            try other.control(.waitPreviousWriteComplete(.forever))
            expectOffered(MemoryRange(bytes), again.all)
        }
    }

    @Test("Both of an exchange's buffers are the caller's")
    func exchange() throws {
        let segments = Recorder<Segment>()
        let driver = VirtualSPIDriver(
            name: "spi", controller: VirtualSPIController(clock: 1_000_000), clock: .virtual(VirtualClock())
        ) { segments.note($0) }
        let port = try Peripheral(address: DeviceAddress("virtual://spi"), driver: driver)
        try port.control(.useZeroCopyTX)
        let sent = TransferBuffer(pattern(500))
        let received = TransferBuffer(count: 500)
        let (source, target) = (sent.transferMemory.baseAddress, received.transferMemory.baseAddress)
        #expect(port.exchange(sent, into: received).wait().error == nil)
        let segment = try #require(segments.all.first)
        #expect(segment.transmit == UnsafeRawPointer(source))
        #expect(segment.receive == target)
    }

    private func watchedPort(
        _ device: Device, _ faults: FaultPlan, _ offers: Recorder<MemoryRange>
    ) throws -> Peripheral {
        let clock = HardwareClock.virtual(VirtualClock())
        let observer: @Sendable (Segment) -> Void = { offers.note(MemoryRange($0)) }
        let driver: any Driver =
            if device == .spi {
                VirtualSPIDriver(
                    name: "spi", controller: VirtualSPIController(clock: 1_000_000, faults: faults), clock: clock,
                    observer: observer)
            } else {
                try VirtualUARTDriver(
                    name: "uart", uart: VirtualUART(baudRate: 3_000_000, faults: faults), clock: clock,
                    observer: observer)
            }
        let port = try Peripheral(address: DeviceAddress("virtual://\(device)"), driver: driver)
        try port.control(.useZeroCopyTX)
        return port
    }

    /// Each call begins where the one before it ended, inside of the memory, and together they are all of it.
    private func expectPassed(_ memory: MemoryRange, _ writes: [(memory: MemoryRange, taken: Int)]) {
        var next = memory.address
        for write in writes {
            #expect(write.memory.address == next)
            #expect(write.memory.address + UInt(write.memory.count) == memory.address + UInt(memory.count))
            next += UInt(max(write.taken, 0))
        }
        #expect(next == memory.address + UInt(memory.count))
    }

    /// Every offer is the rest of the memory, the first all of it.
    private func expectOffered(_ memory: MemoryRange, _ offers: [MemoryRange]) {
        #expect(offers.first == memory)
        for offer in offers {
            #expect(offer.address >= memory.address)
            #expect(offer.address + UInt(offer.count) == memory.address + UInt(memory.count))
        }
    }
}
