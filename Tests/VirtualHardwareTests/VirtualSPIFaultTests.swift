import RTOS
import Testing

@testable import VirtualHardware

@Suite("Virtual SPI controller's faults")
struct VirtualSPIFaultTests {
    @Test("stalls at a byte without an error, and can be aborted then")
    func stall() {
        var faults = FaultPlan()
        faults.stallAfter = 2
        var bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        var exchange = Exchange([1, 2, 3, 4])
        #expect(bus.begin(count: 4, at: start) == 4)
        #expect(exchange.advance(&bus, to: start) == .busy(nanoseconds: 1600))
        #expect(exchange.advance(&bus, to: later(1600)) == .busy(nanoseconds: .max))
        #expect(exchange.advance(&bus, to: .never) == .busy(nanoseconds: .max))
        #expect(exchange.miso == [1, 2, nil, nil])
        #expect(bus.isBusy)
        #expect(bus.abort() == 2)
        #expect(bus.begin(count: 1, at: later(9000)) == 1)
        #expect(exchange.advance(&bus, to: .never) == .busy(nanoseconds: .max))
    }

    @Test("is unplugged at a byte, tells when that will be, and is gone for good")
    func unplug() {
        var faults = FaultPlan()
        faults.unplugAfter = 3
        var bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        var exchange = Exchange([1, 2, 3, 4])
        #expect(bus.begin(count: 4, at: start) == 4)
        #expect(exchange.advance(&bus, to: later(800)) == .busy(nanoseconds: 1600))
        #expect(!bus.isUnplugged)
        #expect(exchange.advance(&bus, to: later(2400)) == .unplugged)
        #expect(bus.isUnplugged && !bus.isBusy)
        #expect(exchange.miso == [1, 2, 3, nil])
        #expect(exchange.readPlaces == [0, 1, 2])
        #expect(bus.begin(count: 1, at: later(2400)) == 0)
        #expect(exchange.advance(&bus, to: .never) == .unplugged)
    }

    @Test("counts the bytes of all transfers together")
    func unplugLater() {
        var faults = FaultPlan()
        faults.unplugAfter = 5
        var bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        var exchange = Exchange([1, 2, 3, 4])
        #expect(bus.begin(count: 4, at: start) == 4)
        #expect(exchange.advance(&bus, to: .never) == .complete)
        #expect(bus.begin(count: 4, at: start) == 4)
        #expect(exchange.advance(&bus, to: .never) == .unplugged)
        #expect(exchange.readPlaces == [0, 1, 2, 3, 0])
    }

    @Test("takes no more than a short write at once")
    func short() {
        var faults = FaultPlan()
        faults.shortWrite = 3
        var bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        var exchange = Exchange([1, 2, 3, 4])
        #expect(bus.begin(count: 4, at: start) == 3)
        #expect(exchange.advance(&bus, to: later(2400)) == .complete)
        #expect(exchange.miso == [1, 2, 3, nil])
        faults.shortWrite = 0
        bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        #expect(bus.begin(count: 4, at: start) == 1)
    }

    @Test("A lost byte moves those behind it one place forward, a repeated one moves them back")
    func shifts() {
        var faults = FaultPlan()
        faults.lose = 1
        var bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        var exchange = Exchange([1, 2, 3])
        #expect(bus.begin(count: 3, at: start) == 3)
        #expect(exchange.advance(&bus, to: .never) == .complete)
        #expect(exchange.miso == [0xFF, 0xFF, 0xFF])

        (faults.lose, faults.repeat) = (0, 1)
        bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        exchange = Exchange([1, 2, 3])
        for _ in 0..<2 {
            #expect(bus.begin(count: 3, at: start) == 3)
            #expect(exchange.advance(&bus, to: .never) == .complete)
            // What has no place in its transfer does not turn up in the next.
            #expect(exchange.miso == [1, 1, 2])
        }
    }

    @Test("What comes in is what the line makes of it, from the first place on", arguments: 0..<100 as Range<UInt64>)
    func againstLine(seed: UInt64) {
        var faults = FaultPlan()
        (faults.flip, faults.lose, faults.repeat, faults.seed) = (0.1, 0.1, 0.1, seed)
        var bus = VirtualSPIController(clock: 10_000_000, faults: faults)
        var line = FaultyLine(faults)
        for length in [1, 2, 7, 64, 300] {
            let sent = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            var expected: [UInt8] = []
            for byte in sent { line.pass(byte) { expected.append($0) } }
            expected = Array((expected + Array(repeating: 0xFF, count: length)).prefix(length))
            var exchange = Exchange(sent)
            #expect(bus.begin(count: length, at: start) == length)
            #expect(exchange.advance(&bus, to: .never) == .complete)
            #expect(exchange.miso == expected)
        }
    }

    @Test("never fills a place before the byte to send from there has gone, so that one buffer serves both ways")
    func inPlace() {
        var faults = FaultPlan()
        faults.repeat = 0.5
        let device = Recorder()
        var bus = VirtualSPIController(clock: 10_000_000, model: device, faults: faults)
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 200)
        defer { memory.deallocate() }
        _ = memory.initialize(from: (0..<200).map { UInt8($0) })
        #expect(bus.begin(count: 200, at: start) == 200)
        _ = bus.advance(to: .never, mosi: { memory[$0] }, miso: { memory[$0] = $1 })
        #expect(device.log.all.dropFirst().dropLast() == (0..<200).map { Recorder.Event.byte(UInt8($0)) }[...])
    }
}
