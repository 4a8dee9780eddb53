import RTOS
import Testing

@testable import VirtualHardware

@Suite("Virtual FT232H's faults")
struct VirtualFT232HFaultTests {
    private let exchange: [UInt8] = [0x31, 3, 0, 1, 2, 3, 4, 0x87]

    private func bench(_ set: (inout FaultPlan) -> Void) -> USBBench<VirtualFT232H> {
        var faults = FaultPlan()
        set(&faults)
        return .mpsse(faults: faults)
    }

    @Test("Short packets carry no more than the plan says")
    func shortPackets() {
        let bench = bench { $0.shortPacket = 1 }
        bench.write(exchange)
        for byte in [1, 2, 3, 4] as [UInt8] {
            let read = bench.in(512)
            bench.finish(read)
            #expect(bench.data(read) == [0x32, 0x60, byte])
        }
    }

    @Test("An endpoint halts behind a byte, and once")
    func halts() {
        // Seven bytes set the pins up.
        let bench = bench { $0.haltEndpointAfter = 8 }
        #expect(bench.finish(bench.out(exchange))?.status == .completed)
        #expect(bench.finish(bench.out(exchange))?.status == .stalled)
        #expect(bench.finish(bench.out(exchange))?.status == .stalled)
        bench.finish(bench.control(USBSetup(requestType: 0x02, request: 1, value: 0, index: 0x02)))
        #expect(bench.finish(bench.out(exchange))?.status == .completed)
        #expect(bench.read(8) == [1, 2, 3, 4, 1, 2, 3, 4])
    }

    @Test("A device that answers NAK for ever leaves URBs to their owner's time-out; requests still work")
    func silence() {
        let bench = bench { $0.nakAfter = 10 }
        let (out, second, read) = (bench.out(exchange), bench.out(exchange), bench.in(512))
        bench.run(limit: bench.now.advanced(byNanoseconds: 10_000_000_000))
        #expect(bench.completion(out)?.status == .completed)
        #expect(bench.completion(second) == nil && bench.completion(read) == nil)
        #expect(bench.vendorRead(0x0A, length: 1) == [16])
        #expect(bench.cancel(read))
    }

    @Test("It is gone behind a byte on USB", arguments: [0, 7, 8, 15, 16, 17] as [UInt64])
    func detaches(after bytes: UInt64) {
        let bench = bench { $0.detachAfter = bytes }
        for _ in 0..<10 {
            bench.out(exchange)
            bench.in(512)
        }
        bench.run()
        #expect(bench.bus.isUnplugged)
        #expect(bench.bus.inFlight == 0)
        #expect(bench.completions.contains { $0.status == .unplugged })
        #expect(
            bench.finish(bench.control(USBSetup(requestType: 0xC0, request: 0x0A, length: 1)))?.status == .unplugged)
    }

    @Test("It is gone behind a byte on the SPI wire")
    func unpluggedOnWire() {
        let bench = bench { $0.unplugAfter = 2 }
        let (out, read) = (bench.out(exchange), bench.in(512))
        bench.run()
        #expect(bench.completion(out)?.status == .completed)
        #expect(bench.completion(read)?.status == .unplugged)
    }

    @Test("The wire stalls behind a byte: what has come can be read, and the rest never comes")
    func stallsOnWire() {
        let bench = bench { $0.stallAfter = 2 }
        bench.write(exchange)
        #expect(bench.read(2) == [1, 2])
        let read = bench.in(512)
        bench.finish(read)
        #expect(bench.data(read) == [0x32, 0x60])
        // The FIFO fills up.
        for _ in 0..<3 { bench.out([UInt8](repeating: 0, count: 512)) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 10_000_000_000))
        #expect(bench.bus.inFlight == 2)
    }

    @Test("Opcodes get wrong replies")
    func wrongReplies() {
        let bench = bench { $0.wrongReply = 1 }
        bench.write([0xAA, 0x87])
        let reply = bench.read(2)
        #expect(reply.count == 2 && reply[0] != 0xFA && reply[1] != 0xAA)
    }

    @Test("The same plan does the same however the host divides its URBs", arguments: 0..<20 as Range<UInt64>)
    func repeatable(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let data = (0..<3000).map { UInt8(truncatingIfNeeded: $0) }
        let command = [0x31, UInt8(2999 & 0xFF), UInt8(2999 >> 8)] + data + [0x87]
        func run(_ sizes: () -> Int) -> [UInt8] {
            let bench = bench { ($0.flip, $0.lose, $0.repeat, $0.seed) = (0.01, 0.01, 0.01, seed) }
            var rest = command[...]
            while !rest.isEmpty {
                let count = min(rest.count, sizes())
                bench.out(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            return bench.read(3000)
        }
        let whole = run { .max }
        #expect(whole != data && whole.count == 3000)
        #expect(run { Int.random(in: 1...700, using: &generator) } == whole)
    }

    @Test("A UART's wire has the same faults")
    func uart() {
        var faults = FaultPlan()
        faults.repeat = 1
        let bench = USBBench(VirtualFT232H(faults: faults))
        bench.write([1, 2, 3])
        #expect(bench.read(6) == [1, 1, 2, 2, 3, 3])
    }
}
