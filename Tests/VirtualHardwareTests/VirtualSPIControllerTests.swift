import RTOS
import Testing

@testable import VirtualHardware

@Suite("Virtual SPI controller")
struct VirtualSPIControllerTests {
    @Test("Bytes cross the bus when their time has come, out and in at once")
    func timing() {
        // 10 MHz: a byte takes 800 ns.
        var bus = VirtualSPIController(clock: 10_000_000)
        var exchange = Exchange([1, 2, 3, 4])
        #expect(bus.begin(count: 4, at: start) == 4)
        #expect(bus.isBusy)

        #expect(exchange.advance(&bus, to: later(799)) == .busy(nanoseconds: 2401))
        #expect(exchange.miso == [nil, nil, nil, nil])
        #expect(exchange.advance(&bus, to: later(800)) == .busy(nanoseconds: 2400))
        #expect(exchange.miso == [1, nil, nil, nil])
        #expect(exchange.advance(&bus, to: later(3199)) == .busy(nanoseconds: 1))
        #expect(exchange.miso == [1, 2, 3, nil])
        #expect(exchange.advance(&bus, to: later(3200)) == .complete)
        #expect(exchange.miso == [1, 2, 3, 4])
        #expect(!bus.isBusy)
    }

    @Test("reads a byte to send only when its turn comes")
    func lateReading() {
        var bus = VirtualSPIController(clock: 10_000_000)
        var buffer: [UInt8] = [1, 2, 3]
        var received: [UInt8] = []
        #expect(bus.begin(count: 3, at: start) == 3)
        _ = bus.advance(to: later(800)) {
            buffer[$0]
        } miso: {
            received.append($1)
        }
        // Too early: the transfer is not over. The change goes out.
        buffer = [9, 9, 9]
        _ = bus.advance(to: later(2400)) {
            buffer[$0]
        } miso: {
            received.append($1)
        }
        #expect(received == [1, 9, 9])
    }

    @Test(
        "rounds clocks down to what the divider makes",
        arguments: [
            (60_000_000, 30_000_000), (30_000_000, 30_000_000), (29_999_999, 15_000_000), (20_000_000, 15_000_000),
            (15_000_000, 15_000_000), (12_000_000, 10_000_000), (8_000_000, 7_500_000), (6_000_000, 6_000_000),
            (1_000_000, 1_000_000), (458, 458), (457, 458), (1, 458), (0, 458), (UInt32.max, 30_000_000),
        ] as [(UInt32, UInt32)])
    func clocks(asked: UInt32, inForce: UInt32) {
        #expect(VirtualSPIController.nearestClock(notAbove: asked) == inForce)
        var bus = VirtualSPIController(clock: 1_000_000)
        #expect(bus.setClock(asked) == inForce)
        #expect(bus.clock == inForce)
    }

    @Test("A clock that it tells can be asked for, for every divider there is")
    func clocksRepeat() {
        for divider in 1...65536 as ClosedRange<UInt32> {
            let clock = UInt32((30_000_000 / Double(divider)).rounded())
            let told = VirtualSPIController.nearestClock(notAbove: clock)
            if told != clock || !VirtualSPIController.clockRange.contains(told) {
                Issue.record("divider \(divider): asked \(clock) Hz, got \(told) Hz")
            }
        }
    }

    @Test("One transfer at a time: a second is not taken before the first is over")
    func oneAtATime() {
        var bus = VirtualSPIController(clock: 10_000_000)
        var exchange = Exchange([1, 2])
        #expect(bus.begin(count: 2, at: start) == 2)
        #expect(bus.begin(count: 2, at: start) == 0)
        #expect(exchange.advance(&bus, to: later(1600)) == .complete)
        #expect(bus.begin(count: 0, at: later(1600)) == 0)
        #expect(bus.begin(count: 2, at: later(1600)) == 2)
    }

    @Test("abort ends a transfer where it is, and releases chip select")
    func abort() {
        let device = Recorder()
        var bus = VirtualSPIController(clock: 10_000_000, model: device)
        var exchange = Exchange([1, 2, 3])
        #expect(bus.begin(count: 3, at: start) == 3)
        _ = exchange.advance(&bus, to: later(1700))
        #expect(bus.abort() == 2)
        #expect(!bus.isBusy)
        #expect(device.log.all == [.select, .byte(1), .byte(2), .deselect])
        #expect(exchange.advance(&bus, to: later(5000)) == .complete)
        #expect(exchange.readPlaces == [0, 1])
        #expect(bus.abort() == 0)
        #expect(device.log.all.count == 4)
    }

    @Test("Chip select frames each transfer, or several when it is held")
    func chipSelect() {
        let device = Recorder()
        var bus = VirtualSPIController(clock: 10_000_000, model: device)
        func send(_ byte: UInt8) {
            #expect(bus.begin(count: 1, at: start) == 1)
            #expect(bus.advance(to: later(800), mosi: { _ in byte }, miso: { _, _ in }) == .complete)
        }
        send(1)
        bus.holdsChipSelect = true
        send(2)
        send(3)
        bus.holdsChipSelect = false
        bus.holdsChipSelect = false
        #expect(
            device.log.all
                == [.select, .byte(1), .deselect, .select, .byte(2), .byte(3), .deselect])
    }

    @Test("Letting go of chip select during a transfer releases it at the end")
    func releaseDuringTransfer() {
        let device = Recorder()
        var bus = VirtualSPIController(clock: 10_000_000, model: device)
        bus.holdsChipSelect = true
        var exchange = Exchange([5, 6])
        #expect(bus.begin(count: 2, at: start) == 2)
        _ = exchange.advance(&bus, to: later(800))
        bus.holdsChipSelect = false
        #expect(device.log.all == [.select, .byte(5)])
        #expect(exchange.advance(&bus, to: later(1600)) == .complete)
        #expect(device.log.all == [.select, .byte(5), .byte(6), .deselect])
    }

    @Test("A read clocks dummy bytes out, and a loop of wire brings them back")
    func dummy() {
        let device = Recorder()
        var bus = VirtualSPIController(clock: 30_000_000, model: device)
        var received: [UInt8] = []
        #expect(bus.begin(count: 3, at: start) == 3)
        #expect(bus.advance(to: .never, mosi: { _ in 0xA5 }, miso: { received.append($1) }) == .complete)
        #expect(received == [0xA5, 0xA5, 0xA5])
        #expect(device.log.all == [.select, .byte(0xA5), .byte(0xA5), .byte(0xA5), .deselect])
    }

    @Test("A new clock is for the next transfer")
    func clockDuringTransfer() {
        var bus = VirtualSPIController(clock: 10_000_000)
        var exchange = Exchange([1, 2])
        #expect(bus.begin(count: 2, at: start) == 2)
        _ = bus.setClock(1_000_000)
        #expect(exchange.advance(&bus, to: later(1600)) == .complete)
        #expect(bus.begin(count: 2, at: start) == 2)
        #expect(exchange.advance(&bus, to: later(1600)) == .busy(nanoseconds: 14_400))
    }

    @Test("It makes no difference how often it is looked at", arguments: 0..<50 as Range<UInt64>)
    func steps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var faults = FaultPlan()
        (faults.flip, faults.lose, faults.repeat, faults.seed) = (0.05, 0.05, 0.05, seed)
        let clock = UInt32.random(in: 458...30_000_000, using: &generator)
        var often = VirtualSPIController(clock: clock, faults: faults)
        var once = often
        let sent = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        var (stepped, whole) = (Exchange(sent), Exchange(sent))
        #expect(often.begin(count: 300, at: start) == 300)
        #expect(once.begin(count: 300, at: start) == 300)

        var now = start
        while case .busy(let left) = stepped.advance(&often, to: now) {
            #expect(left > 0)
            now = now.advanced(byNanoseconds: UInt64.random(in: 1...left, using: &generator))
        }
        #expect(whole.advance(&once, to: later(once.timeOnWire(300))) == .complete)
        #expect(now == later(once.timeOnWire(300)))
        #expect(stepped.miso == whole.miso)
        #expect(stepped.readPlaces == Array(0..<300))
    }

    @Test("A clock that goes back, or jumps to the end of time, does no harm")
    func oddTimes() {
        var bus = VirtualSPIController(clock: 10_000_000)
        var exchange = Exchange([1, 2, 3])
        #expect(bus.begin(count: 3, at: start) == 3)
        _ = exchange.advance(&bus, to: later(1600))
        #expect(exchange.advance(&bus, to: MonotonicTime(nanoseconds: 0)) == .busy(nanoseconds: 2400))
        #expect(exchange.miso == [1, 2, nil])
        #expect(exchange.advance(&bus, to: .never) == .complete)
        #expect(exchange.miso == [1, 2, 3])
    }

    @Test("Times of transfers of any length are exact, or the longest there is")
    func longTimes() {
        typealias Bus = VirtualSPIController
        #expect(Bus.time(of: 0, at: 10_000_000) == 0)
        #expect(Bus.time(of: 1, at: 30_000_000) == 267)
        #expect(Bus.time(of: 3, at: 30_000_000) == 800)
        #expect(Bus.time(of: 1 << 40, at: 10_000_000) == 800 << 40)
        #expect(Bus.time(of: .max, at: 458) == .max)
        #expect(Bus.bytes(of: .max, in: 0, at: 30_000_000) == 0)
        #expect(Bus.bytes(of: .max, in: 266, at: 30_000_000) == 0)
        #expect(Bus.bytes(of: .max, in: 267, at: 30_000_000) == 1)
        // 2^64 · 3 / 800, worked out with Python's integers.
        #expect(Bus.bytes(of: .max, in: .max, at: 30_000_000) == 69_175_290_276_410_818)
        #expect(Bus.bytes(of: 5, in: .max, at: 458) == 5)
    }
}
