import RTOS
import Testing

@testable import VirtualHardware

extension VirtualUART {
    fileprivate mutating func send(_ bytes: [UInt8], at now: MonotonicTime) -> Int {
        bytes.withUnsafeBytes { send($0, at: now) }
    }

    fileprivate mutating func take(_ count: Int, at now: MonotonicTime) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
            taken = take(into: UnsafeMutableRawBufferPointer(buffer), at: now)
        }
    }
}

@Suite("Virtual UART")
struct VirtualUARTTests {
    @Test("Bytes arrive one after another, each at the end of its stop bit")
    func timing() {
        // 1 Mbit/s, eight bits with start and stop: 10 µs a byte.
        var uart = VirtualUART(baudRate: 1_000_000)
        #expect(uart.characterTime == 10_000)
        #expect(uart.send([1, 2, 3], at: start) == 3)
        #expect(uart.timeToEmpty(at: start) == 30_000)

        #expect(uart.take(10, at: later(9_999)) == [])
        #expect(uart.take(10, at: later(10_000)) == [1])
        #expect(uart.timeToEmpty(at: later(10_000)) == 20_000)
        #expect(uart.take(10, at: later(29_999)) == [2])
        #expect(uart.take(10, at: later(30_000)) == [3])
        #expect(uart.timeToEmpty(at: later(30_000)) == nil)
        #expect(uart.lastLeft == later(30_000))
    }

    @Test(
        "A character takes as long as its bits do, to the nanosecond above",
        arguments: [
            (115_200, 10, 86_806), (115_200, 11, 95_487), (3_000_000, 10, 3_334), (12_000_000, 10, 834),
            (1, 12, 12_000_000_000),
        ] as [(UInt32, UInt32, UInt64)])
    func characterTimes(baudRate: UInt32, bits: UInt32, nanoseconds: UInt64) {
        #expect(VirtualUART(baudRate: baudRate, bitsPerCharacter: bits).characterTime == nanoseconds)
    }

    @Test("A byte sent into silence starts at once; one behind others waits for them")
    func gaps() {
        var uart = VirtualUART(baudRate: 1_000_000)
        #expect(uart.send([1], at: start) == 1)
        #expect(uart.send([2], at: later(5_000)) == 1)
        #expect(uart.send([3], at: later(50_000)) == 1)
        #expect(uart.take(10, at: later(20_000)) == [1, 2])
        #expect(uart.take(10, at: later(59_999)) == [])
        #expect(uart.take(10, at: later(60_000)) == [3])
    }

    @Test("The transmit FIFO takes what it has places for, which the byte on the wire still fills")
    func transmitFIFO() {
        var uart = VirtualUART(baudRate: 1_000_000)
        let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(uart.transmitSpace == VirtualUART.transmitCapacity)
        #expect(uart.send([], at: start) == 0)
        #expect(uart.timeToEmpty(at: start) == nil)
        #expect(uart.send(bytes, at: start) == 1024)
        #expect(uart.transmitSpace == 0)
        #expect(uart.send([0], at: later(9_999)) == 0)
        #expect(uart.send(Array(bytes[1024...]), at: later(100_000)) == 10)
        #expect(uart.take(5000, at: later(10_340_000)) == Array(bytes[..<1034]))
    }

    @Test("The receive interrupt comes at the trigger, or after four characters of silence")
    func receiveInterrupt() {
        var uart = VirtualUART(baudRate: 1_000_000)
        #expect(uart.nextReceiveInterrupt(at: start) == nil)
        #expect(uart.send([UInt8](repeating: 7, count: 100), at: start) == 100)
        #expect(uart.nextReceiveInterrupt(at: start) == later(640_000))
        uart.advance(to: later(639_999))
        #expect(!uart.hasReceiveInterrupt(at: later(639_999)))
        uart.advance(to: later(640_000))
        #expect(uart.hasReceiveInterrupt(at: later(640_000)))
        #expect(uart.nextReceiveInterrupt(at: later(640_000)) == later(640_000))

        // 36 are still to come: too few for the trigger.
        #expect(uart.take(100, at: later(640_000)).count == 64)
        #expect(uart.nextReceiveInterrupt(at: later(640_000)) == later(1_040_000))
        uart.advance(to: later(1_039_999))
        #expect(!uart.hasReceiveInterrupt(at: later(1_039_999)))
        #expect(uart.hasReceiveInterrupt(at: later(1_040_000)))
        #expect(uart.take(100, at: later(1_040_000)).count == 36)
        #expect(!uart.hasReceiveInterrupt(at: later(9_000_000)))
    }

    @Test("Silence between two bytes raises the interrupt before the second arrives")
    func silenceBetween() {
        var uart = VirtualUART(baudRate: 1_000_000)
        _ = uart.send([1], at: start)
        uart.advance(to: later(10_000))
        _ = uart.send([2], at: later(45_000))
        #expect(uart.nextReceiveInterrupt(at: later(45_000)) == later(50_000))
        #expect(uart.hasReceiveInterrupt(at: later(50_000)))
    }

    @Test("The receive interrupt comes when it was foretold, and not before", arguments: 0..<200 as Range<UInt64>)
    func foretold(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var uart = VirtualUART(baudRate: 1_000_000)
        var now = start
        for _ in 0..<50 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: _ = uart.send([UInt8](repeating: 1, count: .random(in: 1...100, using: &generator)), at: now)
            case 1: _ = uart.take(.random(in: 1...100, using: &generator), at: now)
            default: now = now.advanced(byNanoseconds: .random(in: 0...200_000, using: &generator))
            }
            uart.advance(to: now)
            guard let due = uart.nextReceiveInterrupt(at: now) else {
                #expect(uart.received == 0 && uart.timeToEmpty(at: now) == nil)
                continue
            }
            var future = uart
            if due > now {
                let before = MonotonicTime(nanoseconds: due.nanoseconds - 1)
                future.advance(to: before)
                #expect(!future.hasReceiveInterrupt(at: before))
            }
            future.advance(to: due)
            #expect(future.hasReceiveInterrupt(at: due))
        }
    }

    @Test("What arrives when the receive FIFO is full is lost and counted")
    func overruns() {
        var uart = VirtualUART(baudRate: 12_000_000)
        var now = start
        var sent = 0
        while sent < VirtualUART.receiveCapacity + 100 {
            let rest = (sent..<VirtualUART.receiveCapacity + 100).prefix(1024)
            sent += uart.send(rest.map { UInt8(truncatingIfNeeded: $0 / 3) }, at: now)
            now = now.advanced(byNanoseconds: 1_000_000)
        }
        uart.advance(to: .never)
        #expect(uart.overruns == 100)
        #expect(uart.received == VirtualUART.receiveCapacity)
        let first = (0..<VirtualUART.receiveCapacity).map { UInt8(truncatingIfNeeded: $0 / 3) }
        #expect(uart.take(100_000, at: .never) == first)
    }

    @Test("Discarding what is to be sent spares the byte on the wire")
    func discardTransmit() {
        var uart = VirtualUART(baudRate: 1_000_000)
        _ = uart.send([1, 2, 3, 4], at: start)
        #expect(uart.discardTransmit(at: later(15_000)) == 2)
        #expect(uart.timeToEmpty(at: later(15_000)) == 5_000)
        #expect(uart.take(10, at: .never) == [1, 2])
        #expect(uart.discardTransmit(at: .never) == 0)
    }

    @Test("Discarding what has come in leaves what is still to come")
    func discardReceive() {
        var uart = VirtualUART(baudRate: 1_000_000)
        _ = uart.send([1, 2, 3], at: start)
        uart.discardReceive(at: later(20_000))
        #expect(uart.take(10, at: later(30_000)) == [3])
    }

    @Test("A new rate is for the next byte; what has crossed by then crossed at the old one")
    func setLine() {
        var uart = VirtualUART(baudRate: 1_000_000)
        _ = uart.send([1, 2, 3, 4], at: start)
        uart.setLine(baudRate: 100_000, bitsPerCharacter: 11, at: later(25_000))
        #expect(uart.received == 2)
        // The third ends at 30 µs as it began, the fourth takes 110 µs.
        #expect(uart.timeToEmpty(at: later(25_000)) == 115_000)
        #expect(uart.take(10, at: later(30_000)) == [1, 2, 3])
        #expect(uart.take(10, at: later(139_999)) == [])
        #expect(uart.take(10, at: later(140_000)) == [4])
    }

    @Test("A clock that goes back, or jumps to the end of time, does no harm")
    func oddTimes() {
        var uart = VirtualUART(baudRate: 1)
        _ = uart.send([UInt8](repeating: 1, count: 1024), at: start)
        uart.advance(to: MonotonicTime(nanoseconds: 0))
        #expect(uart.received == 0)
        uart.advance(to: .never)
        #expect(uart.received == 1024)
        _ = uart.send([1, 2], at: .never)
        #expect(uart.timeToEmpty(at: start) != nil)
        uart.advance(to: .never)
        #expect(uart.received == 1026)
    }
}

@Suite("Virtual UART's faults")
struct VirtualUARTFaultTests {
    @Test("stalls at a byte without an error; what waits then can be discarded")
    func stall() {
        var faults = FaultPlan()
        faults.stallAfter = 2
        var uart = VirtualUART(baudRate: 1_000_000, faults: faults)
        _ = uart.send([1, 2, 3, 4], at: start)
        #expect(uart.timeToEmpty(at: start) == 20_000)
        // No more than two will come: the interrupt is that of silence.
        #expect(uart.nextReceiveInterrupt(at: start) == later(60_000))
        uart.advance(to: later(20_000))
        #expect(uart.timeToEmpty(at: later(20_000)) == .max)
        uart.advance(to: later(60_000))
        #expect(uart.hasReceiveInterrupt(at: later(60_000)))
        #expect(uart.take(10, at: .never) == [1, 2])
        #expect(uart.nextReceiveInterrupt(at: .never) == nil)
        #expect(!uart.isUnplugged)
        #expect(uart.discardTransmit(at: .never) == 2)
        #expect(uart.timeToEmpty(at: .never) == nil)
    }

    @Test("is unplugged at a byte, and tells when that will be")
    func unplug() {
        var faults = FaultPlan()
        faults.unplugAfter = 2
        var uart = VirtualUART(baudRate: 1_000_000, faults: faults)
        _ = uart.send([1, 2, 3, 4], at: start)
        #expect(uart.timeToEmpty(at: start) == 20_000)
        #expect(uart.nextReceiveInterrupt(at: start) == later(20_000))
        uart.advance(to: later(19_999))
        #expect(!uart.isUnplugged)
        uart.advance(to: later(20_000))
        #expect(uart.isUnplugged)
        uart.advance(to: .never)
        #expect(uart.received == 2)
    }

    @Test("takes no more than a short write at once")
    func short() {
        var faults = FaultPlan()
        faults.shortWrite = 3
        var uart = VirtualUART(baudRate: 1_000_000, faults: faults)
        #expect(uart.send([1, 2, 3, 4], at: start) == 3)
        #expect(uart.send([4], at: start) == 1)
        #expect(uart.take(10, at: .never) == [1, 2, 3, 4])
    }

    @Test("does the same however and whenever the bytes are sent", arguments: 0..<50 as Range<UInt64>)
    func splits(seed: UInt64) {
        var faults = FaultPlan()
        (faults.flip, faults.lose, faults.repeat, faults.seed) = (0.02, 0.02, 0.02, seed)
        var uart = VirtualUART(baudRate: 3_000_000, faults: faults)
        var line = FaultyLine(faults)
        var generator = SeededGenerator(seed: seed &+ 1000)
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        var expected: [UInt8] = []
        for byte in bytes { line.pass(byte) { expected.append($0) } }

        var now = start
        var (sent, arrived) = (0, [UInt8]())
        while sent < bytes.count {
            let chunk = Array(bytes[sent...].prefix(.random(in: 1...1500, using: &generator)))
            sent += uart.send(chunk, at: now)
            now = now.advanced(byNanoseconds: .random(in: 0...3_000_000, using: &generator))
            arrived += uart.take(.random(in: 1...2000, using: &generator), at: now)
        }
        arrived += uart.take(10_000, at: .never)
        #expect(arrived == expected)
        #expect(uart.overruns == 0)
    }
}
