import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI's transactions of many segments", .timeLimit(.minutes(30)))
struct FTDITransactionTests {
    /// Memory of segments, for as long as it is there.
    private final class Memory {
        let sent: UnsafeMutableRawBufferPointer
        let received: UnsafeMutableRawBufferPointer

        init(_ sent: [UInt8]) {
            self.sent = .allocate(byteCount: max(sent.count, 1), alignment: 8)
            received = .allocate(byteCount: max(sent.count, 1), alignment: 8)
            self.sent.copyBytes(from: sent)
            received.initializeMemory(as: UInt8.self, repeating: 0)
        }

        deinit {
            sent.deallocate()
            received.deallocate()
        }

        /// One segment behind another, so many bytes each.
        func segments(_ counts: [Int], pulses: Bool = false) -> [SPISegment] {
            var place = 0
            return counts.map { count in
                defer { place += count }
                var segment = SPISegment(
                    sent: sent.baseAddress! + place, received: received.baseAddress! + place, count: count)
                segment.pulsesChipSelect = pulses
                return segment
            }
        }
    }

    @Test("All of it is under one chip select, whatever the segments' lengths, and its bytes are right")
    func oneChipSelect() throws {
        let bench = try FTDIBench([SPISlave(mode: 0, isExact: true), PinWire()])
        let port = try bench.port("speed=10M")
        let counts = [1, 4, 63, 64, 65, 500, 0, 1, 513, 2000]
        let memory = Memory(pattern(counts.reduce(0, +)))
        try port.transaction(unretained: memory.segments(counts))
        let slave = bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }
        #expect(slave.received == Array(memory.sent))
        #expect(slave.bitsPerSelect == [8 * counts.reduce(0, +)])
        #expect(slave.misplacedClocks == 0)
        #expect(port.statistics.bytesSent == UInt64(memory.sent.count))
    }

    @Test("A pulse releases chip select between segments, and only there", arguments: [0, 2])
    func pulses(mode: Int) throws {
        let bench = try FTDIBench([SPISlave(mode: mode, isExact: true, answers: [0x31, 0x32, 0x33])])
        let port = try bench.port("mode=\(mode)")
        let memory = Memory(pattern(9))
        var segments = memory.segments([2, 3, 4])
        segments[1].pulsesChipSelect = true
        try port.transaction(unretained: segments)
        let slave = bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }
        #expect(slave.bitsPerSelect == [40, 32])
        #expect(slave.received == Array(memory.sent))
        #expect(Array(memory.received) == (0..<9).map { 0x31 + UInt8($0 % 3) })
    }

    @Test("Exchanges of a few bytes share USB transfers")
    func sharesTransfers() throws {
        let bench = try FTDIBench()
        let port = try bench.port("speed=30M")
        let memory = Memory(pattern(400))
        _ = try port.exchange([0])
        bench.record()
        try port.transaction(unretained: memory.segments([Int](repeating: 4, count: 100), pulses: true))
        #expect(Array(memory.received) == Array(memory.sent))
        // 18 bytes of commands each, and 512 in a transfer.
        let out = bench.submissions(0x02).count
        #expect(out <= 8, "\(out) OUT transfers")
        let ins = bench.submissions(0x81).count
        #expect(ins <= 16, "\(ins) IN transfers")
    }

    @Test("Chip select that is held stays asserted behind the last segment, and is released when it is let go")
    func held() throws {
        let bench = try FTDIBench([SPISlave(mode: 0, isExact: true)])
        let port = try bench.port()
        try port.control(.holdChipSelect)
        let memory = Memory([1, 2, 3])
        try port.transaction(unretained: memory.segments([1, 2]))
        #expect(bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }.bitsPerSelect == [])
        _ = try port.write([4])
        try port.control(.releaseChipSelect)
        #expect(bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }.bitsPerSelect == [32])
        #expect(bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }.received == [1, 2, 3, 4])
    }

    @Test("Rates and delays are each segment's own")
    func ratesAndDelays() throws {
        let bench = try FTDIBench()
        let port = try bench.port("speed=1M")
        let memory = Memory(pattern(300))
        var segments = memory.segments([100, 100, 100])
        segments[1].speed = 100_000
        segments[0].delay = 3000
        let start = bench.usb.clock.now
        try port.transaction(unretained: segments)
        // 0.8, 8 and 0.8 ms on the wire, and 3 ms of silence.
        let time = bench.usb.clock.now.nanoseconds(since: start)
        #expect(time >= 12_600_000 && time < 15_000_000, "\(time) ns")
        #expect(Array(memory.received) == Array(memory.sent))
        #expect(port.speed == 1_000_000)
    }

    @Test("What the chip cannot do is said before anything is sent")
    func refusals() throws {
        let bench = try FTDIBench([SPISlave(mode: 0)])
        let port = try bench.port()
        let memory = Memory([1, 2])
        let changes: [(inout SPISegment) -> Void] = [
            { $0.bitsPerWord = 9 }, { $0.wordDelay = 1 }, { $0.sendLanes = 2 }, { $0.receiveLanes = 4 },
            { $0.speed = 10 },
        ]
        for change in changes {
            var segments = memory.segments([1, 1])
            change(&segments[1])
            #expect(throws: PeripheralError.self) { try port.transaction(unretained: segments) }
        }
        #expect(bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }.selections == 0)
        try port.transaction(unretained: [])
        #expect(try port.write([5]) == 1)
    }

    @Test("Others get the bus between transactions, and never within one")
    func sharing() throws {
        let bench = try FTDIBench(
            [SPISlave(mode: 0, select: .adbus(3), isExact: true), PinWire()], clock: .wall)
        let (first, second) = (try bench.port("cs=0"), try bench.port("cs=1"))
        let calls = [first, second].map { port in
            Call("user") {
                for round in 0..<40 {
                    let memory = Memory(pattern(60, seed: UInt64(round)))
                    try port.transaction(unretained: memory.segments([10, 20, 30]))
                }
            }
        }
        for call in calls { try call.value() }
        #expect(bench.chip { $0.mpsse.wiring.device(SPISlave.self)! }.bitsPerSelect == [Int](repeating: 480, count: 40))
    }

    @Test("Closing and unplugging end it", arguments: [false, true])
    func ends(isUnplugged: Bool) throws {
        let bench = try FTDIBench(clock: .wall)
        let port = try bench.port("speed=1000")
        let call = Call("transaction") {
            let memory = Memory(pattern(40_000))
            try port.transaction(unretained: memory.segments([Int](repeating: 400, count: 100)))
        }
        try eventually("it is under way") { bench.chip { $0.mpsse.activity.share } > 0 }
        if isUnplugged { bench.usb.withBus { bus, now in bus.unplug(at: now) } } else { port.close() }
        #expect(throws: isUnplugged ? PeripheralError.deviceLost("virtual://ft232h") : .closed) { try call.value() }
        port.close()
    }
}
