import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

/// What crosses USB, and how busy that keeps the wire, on the virtual bus's own clock.
@Suite("FTDI on USB", .timeLimit(.minutes(30)))
struct FTDITimeTests {
    @Test("A zero-copy write carries its bytes from the caller's own memory", arguments: [1, 4, 64, 65, 4096, 200_000])
    func zeroCopy(count: Int) throws {
        let bench = try FTDIBench()
        let port = try bench.port()
        try port.control(.useZeroCopyTX)
        let buffer = TransferBuffer(pattern(count))
        let start = UInt(bitPattern: buffer.transferMemory.baseAddress)
        bench.record()
        #expect(port.write(buffer).wait().error == nil)
        let payload = bench.submissions(VirtualFT232H.outEndpoint).filter {
            (start..<start + UInt(count)).contains($0.address)
        }
        #expect(payload.reduce(0) { $0 + $1.count } == count)
        // One after another, each no longer than one opcode takes.
        #expect(payload.map(\.address) == payload.indices.map { start + UInt($0) * 65536 })
    }

    @Test("A command and its answer are one transfer out and one packet in")
    func transaction() throws {
        let bench = try FTDIBench([SPIPins(NORFlash(.w25q16))])
        let port = try bench.port()
        #expect(try port.transaction([0x9F], receiving: 3) == [0xEF, 0x40, 0x15])
        bench.record()
        let before = bench.usb.withBus { bus, _ in bus.counters(endpoint: VirtualFT232H.inEndpoint) }
        let start = bench.usb.clock.now
        #expect(try port.transaction([0x9F], receiving: 3) == [0xEF, 0x40, 0x15])
        let after = bench.usb.withBus { bus, _ in bus.counters(endpoint: VirtualFT232H.inEndpoint) }
        #expect(bench.submissions(VirtualFT232H.outEndpoint).count == 1)
        #expect(after.packets - before.packets == 1)
        // To the next microframe, the end of that one, and the turnaround.
        #expect(bench.usb.clock.now.nanoseconds(since: start) <= 2 * 125_000 + 20_000)
    }

    @Test("At 30 MHz a write of 1 MiB keeps the wire busy")
    func writes() throws {
        let bench = try FTDIBench()
        let port = try bench.port("speed=30M")
        try port.control(.useZeroCopyTX)
        bench.chip { $0.mpsse.resetActivity() }
        #expect(port.write(TransferBuffer(count: 1 << 20)).wait().error == nil)
        let share = bench.chip { $0.mpsse.activity.share }
        print("wire busy, 1 MiB write at 30 MHz: \(share)")
        #expect(share >= 0.98)
    }

    @Test("So does full duplex, nearly, and a read")
    func exchanges() throws {
        let bench = try FTDIBench()
        let port = try bench.port("speed=30M")
        try port.control(.useZeroCopyTX)
        let sent = pattern(1 << 20)
        bench.chip { $0.mpsse.resetActivity() }
        let finished = port.exchange(TransferBuffer(sent), into: TransferBuffer(count: sent.count)).wait()
        #expect(finished.error == nil)
        let share = bench.chip { $0.mpsse.activity.share }
        print("wire busy, 1 MiB full duplex at 30 MHz: \(share)")
        #expect(share >= 0.95)
        bench.chip { $0.mpsse.resetActivity() }
        #expect(try port.read(1 << 20).count == 1 << 20)
        let reading = bench.chip { $0.mpsse.activity.share }
        print("wire busy, 1 MiB read at 30 MHz: \(reading)")
        #expect(reading >= 0.95)
    }

    @Test("Short transfers that are queued go out more than one a microframe")
    func queued() throws {
        let bench = try FTDIBench()
        let driver = try bench.driver("speed=30M")
        defer { driver.close() }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
        defer { memory.deallocate() }
        memory.copyBytes(from: [1, 2, 3, 4, 0, 0, 0, 0])
        let event = try EventDescriptor()
        let segment = Segment(
            transmit: memory.baseAddress, receive: memory.baseAddress! + 4, count: 4, isInPlace: true)
        let count = 2000
        let start = bench.usb.clock.now
        for _ in 0..<count {
            while try driver.transmit(segment) == 0 {
                _ = try driver.wait(for: .room, until: .never, event: event)
            }
        }
        while case .busy = try driver.wireState() {
            _ = try driver.wait(for: .wire, until: .never, event: event)
        }
        let microframes = Double(bench.usb.clock.now.nanoseconds(since: start)) / 125_000
        print("queued 4-byte transfers a microframe: \(Double(count) / microframes)")
        #expect(Double(count) / microframes >= 1)
        #expect(Array(memory[4...]) == [1, 2, 3, 4])
    }

    @Test("With nothing to do nothing is under way, and no time passes")
    func idle() throws {
        let bench = try FTDIBench()
        let port = try bench.port()
        #expect(try port.exchange([1]) == [1])
        // What was pending for answers ends by itself.
        let left = bench.usb.withBus { bus, _ in bus.inFlight }
        #expect(left <= 2)
        let before = bench.usb.clock.now
        #expect(try Call { try port.control(.setSpeed(1_000_000)) }.value() == 1_000_000)
        #expect(bench.usb.clock.now == before)
    }
}
