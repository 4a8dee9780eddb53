import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Polled transfer", .watched)
struct PolledTransferTests {
    @Test("A peripheral opens polled, and a write sends all of it", arguments: Device.allCases)
    func write(device: Device) throws {
        let rig = try Rig(device)
        #expect(rig.port.transmitMode == .polled)
        #expect(rig.port.receiveMode == .polled)

        let bytes = pattern(3000)
        #expect(try rig.port.write(bytes) == 3000)
        #expect(try rig.arrived(3000) == bytes)
        #expect(rig.port.statistics.bytesSent == 3000)
    }

    @Test("A read returns when all bytes are there", arguments: Device.allCases)
    func read(device: Device) throws {
        let rig = try Rig(device)
        let bytes = pattern(500)
        try rig.feed(bytes)
        #expect(try rig.port.read(500) == bytes)
        #expect(rig.port.statistics.bytesReceived == 500)
    }

    @Test("A read waits for the rest", arguments: Device.uarts)
    func readWaits(device: Device) throws {
        let rig = try Rig(device)
        let reading = rig.reading(10)
        try rig.feed([1, 2, 3, 4])
        try eventually("four bytes are in") { rig.port.statistics.bytesReceived == 4 }
        #expect(!reading.isOver)
        try rig.feed([5, 6, 7, 8, 9, 10])
        #expect(try reading.value() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }

    @Test("A write returns when the last bit is off the wire", arguments: Device.virtual)
    func offTheWire(device: Device) throws {
        let clock = VirtualClock()
        let rig = try Rig(device, rate: 1_000_000, clock: .virtual(clock))
        let start = clock.now
        _ = try rig.port.write(pattern(1000))
        let bits: UInt64 = device == .spi ? 8 : 10
        #expect(clock.now.nanoseconds(since: start) >= 1000 * bits * 1000)
    }

    @Test("Virtual time may be far ahead of the machine's", arguments: Device.virtual)
    func farFuture(device: Device) throws {
        let clock = VirtualClock(start: MonotonicTime(nanoseconds: 1 << 60))
        let rig = try Rig(device, clock: .virtual(clock))
        #expect(try rig.writing(pattern(5000)).value() == 5000)
    }

    @Test(
        "A write longer than the line's buffers goes out in steps", arguments: [(Device.pty, 300_000), (.uart, 60_000)])
    func longWrite(device: Device, count: Int) throws {
        let rig = try Rig(device)
        let bytes = pattern(count)
        let writing = rig.writing(bytes)
        var back: [UInt8] = []
        while back.count < bytes.count { back += try rig.arrived(min(10_000, bytes.count - back.count)) }
        #expect(back == bytes)
        #expect(try writing.value() == count)
    }

    @Test("A device that takes little at a time gets all of it", arguments: Device.virtual)
    func shortWrites(device: Device) throws {
        var faults = FaultPlan()
        faults.shortWrite = 7
        let rig = try Rig(device, faults: faults)
        let bytes = pattern(1000)
        #expect(try rig.port.write(bytes) == 1000)
        #expect(try rig.arrived(1000) == bytes)
    }

    @Test("Nothing to transfer is no transfer", arguments: Device.allCases)
    func empty(device: Device) throws {
        let rig = try Rig(device)
        #expect(try rig.port.write([]) == 0)
        #expect(try rig.port.read(0) == [])
        #expect(rig.port.statistics == PeripheralStatistics())
    }

    @Test("Writes of several tasks go out one after another", arguments: Device.allCases)
    func turns(device: Device) throws {
        let rig = try Rig(device)
        let calls = (1...4).map { task in
            rig.writing([UInt8](repeating: UInt8(task), count: 200))
        }
        for call in calls { #expect(try call.value() == 200) }
        let arrived = try rig.arrived(800)
        let starts = stride(from: 0, to: 800, by: 200).map { arrived[$0] }
        #expect(Set(starts) == [1, 2, 3, 4])
        #expect(arrived == starts.flatMap { [UInt8](repeating: $0, count: 200) })
    }

    @Test("A read that waits is woken by what another task sends", arguments: [Device.uart])
    func wokenByOther(device: Device) throws {
        // In wall time: a reader asleep on a silent line has no time to wait for.
        let rig = try Rig(device, clock: .wall)
        let reading = rig.reading(5)
        try eventually("the read is in the device") { rig.port.engine.state.withLock { $0.receptionHand == .caller } }
        #expect(try rig.port.write([1, 2, 3, 4, 5]) == 5)
        #expect(try reading.value() == [1, 2, 3, 4, 5])
    }
}
