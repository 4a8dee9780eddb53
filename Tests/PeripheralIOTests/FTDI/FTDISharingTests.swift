import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI's bus, shared", .timeLimit(.minutes(30)))
struct FTDISharingTests {
    private func slaves() -> [any PinDevice] {
        [SPISlave(mode: 0, select: .adbus(3), isExact: true, answers: [0xA0]), PinRecorder()]
    }

    @Test("Chip selects are opened side by side, and one at a time is asserted")
    func chipSelects() throws {
        let bench = try FTDIBench([PinWire(), PinRecorder()])
        let (first, second) = (try bench.port("cs=0"), try bench.port("cs=2&cspol=high&mode=2&speed=1M"))
        let before = bench.chip { $0.mpsse.wiring.device(PinRecorder.self)!.changes.count }
        for round in 0..<5 as Range<UInt8> {
            #expect(try first.exchange([round]) == [round])
            #expect(try second.exchange([round, 9]) == [round, 9])
        }
        let changes = bench.chip { $0.mpsse.wiring.device(PinRecorder.self)!.changes }.dropFirst(before)
        var selections = [0, 0]
        for change in changes {
            let isFirst = !change.levels.contains(.adbus(3))
            let isSecond = change.levels.contains(.adbus(5))
            #expect(!(isFirst && isSecond))
            if change.changed.contains(.adbus(3)), isFirst { selections[0] += 1 }
            if change.changed.contains(.adbus(5)), isSecond { selections[1] += 1 }
            // SCK runs for somebody, and chip select changes where it idles.
            if change.changed.contains(.adbus(3)) { #expect(!change.levels.contains(.clock)) }
            if change.changed.contains(.adbus(5)) { #expect(change.levels.contains(.clock)) }
        }
        #expect(selections == [5, 5])
    }

    @Test("A chip select has one user; the last one closes the bus")
    func users() throws {
        let bench = try FTDIBench()
        let first = try bench.port("cs=1")
        #expect(throws: PeripheralError.self) { try bench.driver("cs=1") }
        let second = try bench.port("cs=0")
        first.close()
        #expect(try second.exchange([7]) == [7])
        #expect(!bench.bus.isClosed)
        let third = try bench.port("cs=1")
        second.close()
        third.close()
        #expect(bench.bus.isClosed)
    }

    @Test("Held chip select stays from a write to the next read, and others wait")
    func holds() throws {
        let bench = try FTDIBench([SPIPins(NORFlash(.w25q16))], clock: .wall)
        let (flash, other) = (try bench.port("speed=10M"), try bench.port("cs=1"))
        try flash.control(.holdChipSelect)
        _ = try flash.write([0x9F])
        let waiting = Call { try other.write([0x55]) }
        #expect(try flash.read(2) == [0xEF, 0x40])
        #expect(try flash.read(1) == [0x15])
        #expect(!waiting.isOver)
        try flash.control(.releaseChipSelect)
        #expect(try waiting.value() == 1)
        #expect(try flash.transaction([0x9F], receiving: 1) == [0xEF])
    }

    @Test("Tasks on two chip selects get their own bytes back, and both get their turns")
    func tasks() throws {
        let bench = try FTDIBench()
        let ports = [try bench.port("cs=0"), try bench.port("cs=1&mode=2")]
        let calls = ports.enumerated().map { number, port in
            Call("task \(number)") {
                for round in 0..<100 {
                    let sent = pattern(1 + round * 7, seed: UInt64(number * 1000 + round))
                    guard try port.exchange(sent) == sent else { throw Hang(description: "other bytes") }
                }
            }
        }
        for call in calls { try call.value() }
    }

    @Test("A transfer that is given up harms nobody else's")
    func abort() throws {
        let bench = try FTDIBench(clock: .wall)
        let (first, second) = (try bench.port("cs=0&speed=1M"), try bench.port("cs=1"))
        try first.control(.useZeroCopyTX)
        let write = first.write(TransferBuffer(count: 4_000_000))
        let other = Call { try second.exchange([1, 2, 3]) }
        write.cancel()
        #expect(write.wait().error == .cancelled)
        #expect(try other.value() == [1, 2, 3])
        #expect(try first.exchange([4]) == [4])
    }
}
