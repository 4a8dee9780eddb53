import RTOS
import Testing

@testable import VirtualHardware

@Suite("FT232H as a UART")
struct FT232HUARTTests {
    /// A divisor as libftdi codes it for an H chip: 12 MHz in eighths, and the bit that asks for it.
    private func request(eighths: UInt32) -> (value: UInt16, index: UInt16) {
        let codes: [UInt32] = [0, 3, 2, 4, 1, 5, 6, 7]
        var divisor = eighths >> 3
        if eighths == 8 { divisor = 0 } else if eighths == 12 { divisor = 1 }
        let code = eighths == 8 || eighths == 12 ? 0 : codes[Int(eighths & 7)]
        let encoded = divisor | code << 14 | 0x20000
        return (UInt16(encoded & 0xFFFF), UInt16(encoded >> 8 & 0xFF00))
    }

    @Test(
        "decodes the divisors that libftdi and ftdi_sio send",
        arguments: [
            (0x4138, 0x0000, 9600), (0xC068, 0x0200, 115_246), (0x001A, 0x0000, 115_385), (0x0000, 0x0000, 3_000_000),
            (0x0001, 0x0000, 2_000_000), (0x0000, 0x0200, 12_000_000), (0x0001, 0x0200, 8_000_000),
            (0x000D, 0x0200, 923_077), (0x8003, 0x0000, 923_077), (0x04E2, 0x0200, 9600), (0x2710, 0x0000, 300),
        ] as [(UInt16, UInt16, UInt32)])
    func divisors(value: UInt16, index: UInt16, rate: UInt32) {
        #expect(BaudDivisor(value: value, index: index).rate == rate)
    }

    @Test("comes within 3 % of usual rates, coded as libftdi codes them")
    func rates() {
        for rate in [
            1200, 9600, 19200, 38400, 57600, 115_200, 230_400, 460_800, 921_600, 1_000_000, 3_000_000, 12_000_000,
        ]
            as [UInt32]
        {
            let eighths = (12_000_000 * 8 + rate / 2) / rate
            let (value, index) = request(eighths: eighths)
            let divisor = BaudDivisor(value: value, index: index)
            #expect(divisor.eighths == eighths)
            #expect(abs(Double(divisor.rate) / Double(rate) - 1) < 0.03)
        }
    }

    private func bench(_ peer: any SerialPeer = SerialLoopback(), eighths: UInt32 = 96, faults: FaultPlan = .none)
        -> USBBench<VirtualFT232H>
    {
        let bench = USBBench(VirtualFT232H(peer: peer, faults: faults))
        let (value, index) = request(eighths: eighths)
        #expect(bench.vendor(0x03, value: value, index: index) == .completed)
        #expect(bench.vendor(0x04, value: 0x0008) == .completed)
        #expect(bench.vendor(0x09, value: 1) == .completed)
        return bench
    }

    private func farEnd(_ bench: USBBench<VirtualFT232H>, _ body: (inout SerialFarEnd) -> Void) {
        bench.bus.withDevice(at: bench.now) { $0.uart.withPeer(SerialFarEnd.self, at: bench.now, body) }
    }

    @Test("What is sent comes back over the wire")
    func loopback() {
        let bench = bench()
        let data = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        bench.out(data)
        #expect(bench.read(5000) == data)
    }

    @Test("A character takes its bits, and THRE and TEMT tell what has left")
    func timing() {
        // 1 Mbit/s: 10 µs a character.
        let bench = bench(SerialFarEnd(rate: 1_000_000))
        bench.out([UInt8](repeating: 0x55, count: 100))
        bench.run { bench.bus.device.uart.isTransmitFIFOEmpty == false }
        #expect(bench.bus.device.lineStatus == 0x00)
        let begin = bench.now
        bench.run(limit: begin.advanced(byNanoseconds: 990_000))
        // The last character has left the FIFO, and not the wire.
        #expect(bench.bus.device.lineStatus == 0x20)
        bench.run(limit: begin.advanced(byNanoseconds: 1_000_000))
        #expect(bench.bus.device.lineStatus == 0x60)
        let received = (bench.bus.device.uart.peer as? SerialFarEnd)?.received ?? []
        #expect(received.count == 100)
        #expect(received.last?.time.nanoseconds == begin.nanoseconds + 1_000_000)
        #expect(bench.vendorRead(0x05, length: 2) == [0x32, 0x60])
    }

    @Test("Formats have their lengths: 7E2 takes 11 bits")
    func formats() {
        let bench = bench(SerialFarEnd(rate: 1_000_000))
        bench.vendor(0x04, value: 7 | 2 << 8 | 2 << 11)
        bench.out([1])
        bench.run { bench.bus.device.uart.bytesOnWire == 0 && !bench.bus.device.uart.isTransmitterEmpty }
        let begin = bench.now
        bench.run(limit: begin.advanced(byNanoseconds: 20_000))
        #expect(bench.bus.device.uart.lastLeft.nanoseconds == begin.nanoseconds + 11_000)
        #expect((bench.bus.device.uart.peer as? SerialFarEnd)?.received.first?.character.format.parity == .even)
    }

    @Test("Line errors come with the packet: framing at another rate, parity, break, overrun")
    func errors() {
        let bench = bench(SerialFarEnd(rate: 1_000_000))
        func status(_ body: (inout SerialFarEnd) -> Void) -> UInt8 {
            farEnd(bench, body)
            let id = bench.in(512)
            bench.finish(id)
            return bench.data(id)[1] & 0x1E
        }
        _ = status { _ in }
        #expect(status { $0.send([1], at: bench.now) } == 0)
        #expect(
            status {
                $0.rate = 900_000
                $0.send([1], at: bench.now)
            } == 0x08)
        #expect(
            status {
                $0.rate = 1_020_000
                $0.send([1], at: bench.now)
            } == 0)
        #expect(status { $0.send([0], isBreak: true, at: bench.now) } == 0x18)
        bench.vendor(0x04, value: 8 | 1 << 8)
        #expect(
            status {
                $0.format.parity = .even
                $0.send([1], at: bench.now)
            } == 0x04)
        #expect(
            status {
                $0.format.parity = .odd
                $0.send([1], at: bench.now)
            } == 0)
        farEnd(bench) { $0.send([UInt8](repeating: 1, count: 1100), at: bench.now) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 20_000_000))
        #expect(bench.bus.device.uart.receivedCount == 1024)
        #expect(bench.bus.device.uart.errors == .overrun)
    }

    @Test("An error character takes the place of what is wrong; an event character is not kept back")
    func characters() {
        let bench = bench(SerialFarEnd(rate: 900_000))
        bench.vendor(0x07, value: 0x0100 | 0x3F)
        farEnd(bench) { $0.send([1], at: bench.now) }
        #expect(bench.read(1) == [0x3F])
        bench.vendor(0x09, value: 255)
        bench.vendor(0x06, value: 0x0100 | 0x0A)
        farEnd(bench) {
            $0.rate = 1_000_000
            $0.send([0x41, 0x0A], at: bench.now)
        }
        let begin = bench.now
        #expect(bench.read(2) == [0x41, 0x0A])
        #expect(bench.now.nanoseconds(since: begin) < 1_000_000)
    }

    @Test("A break is seen at the other end, and holds the sender")
    func sendBreak() {
        let bench = bench(SerialFarEnd(rate: 1_000_000))
        bench.vendor(0x04, value: 0x4008)
        bench.out([1])
        bench.run(limit: bench.now.advanced(byNanoseconds: 5_000_000))
        func received() -> [SerialFarEnd.Received] { (bench.bus.device.uart.peer as? SerialFarEnd)?.received ?? [] }
        #expect(received().map(\.character.isBreak) == [true])
        bench.vendor(0x04, value: 0x0008)
        bench.run(limit: bench.now.advanced(byNanoseconds: 5_000_000))
        #expect(received().map(\.character.isBreak) == [true, false])
    }

    @Test("Modem lines: DTR and RTS go out, CTS, DSR, RI and DCD come in with the status")
    func modemLines() {
        let bench = bench()
        #expect(bench.vendorRead(0x05, length: 2) == [0x02, 0x60])
        bench.vendor(0x01, value: 0x0303)
        #expect(bench.vendorRead(0x05, length: 2) == [0xB2, 0x60])
        // Only what the mask names changes.
        bench.vendor(0x01, value: 0x0200)
        #expect(bench.vendorRead(0x05, length: 2) == [0xA2, 0x60])
        let far = self.bench(SerialFarEnd(rate: 1_000_000))
        far.vendor(0x09, value: 255)
        far.finish(far.in(512))
        farEnd(far) { $0.lines = [.ri] }
        let begin = far.now
        let read = far.in(512)
        far.finish(read)
        // A change is not kept back for the latency timer.
        #expect(far.data(read) == [0x42, 0x60])
        #expect(far.now.nanoseconds(since: begin) < 500_000)
    }

    @Test("RTS/CTS holds the sender, and asks the other end to hold")
    func rtsCTS() {
        let bench = bench(SerialFarEnd(rate: 1_000_000, lines: []))
        bench.vendor(0x01, value: 0x0303)
        bench.vendor(0x02, index: 0x0100)
        bench.out([1, 2, 3])
        bench.run(limit: bench.now.advanced(byNanoseconds: 5_000_000))
        #expect(bench.bus.device.uart.bytesOnWire == 0)
        farEnd(bench) { $0.lines = .cts }
        bench.run(limit: bench.now.advanced(byNanoseconds: 5_000_000))
        #expect(bench.bus.device.uart.bytesOnWire == 3)
        farEnd(bench) { $0.send([UInt8](repeating: 1, count: 1000), at: bench.now) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 11_000_000))
        #expect((bench.bus.device.uart.peer as? SerialFarEnd)?.rts == false)
        #expect(bench.read(1000).count == 1000)
        #expect((bench.bus.device.uart.peer as? SerialFarEnd)?.rts == true)
    }

    @Test("XON/XOFF holds the sender, and asks the other end to hold")
    func xonXOFF() {
        let bench = bench(SerialFarEnd(rate: 1_000_000))
        bench.vendor(0x02, value: 0x1311, index: 0x0400)
        farEnd(bench) { $0.send([0x13], at: bench.now) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 1_000_000))
        bench.out([1, 2, 3])
        bench.run(limit: bench.now.advanced(byNanoseconds: 5_000_000))
        #expect(bench.bus.device.uart.bytesOnWire == 0)
        farEnd(bench) { $0.send([0x11], at: bench.now) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 5_000_000))
        #expect(bench.bus.device.uart.bytesOnWire == 3)
        #expect(bench.bus.device.uart.receivedCount == 0)
        farEnd(bench) { $0.send([UInt8](repeating: 1, count: 1000), at: bench.now) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 11_000_000))
        #expect(bench.read(1000).count == 1000)
        bench.run(limit: bench.now.advanced(byNanoseconds: 1_000_000))
        let sent = (bench.bus.device.uart.peer as? SerialFarEnd)?.received.map(\.character.byte) ?? []
        #expect(sent == [1, 2, 3, 0x13, 0x11])
    }

    @Test("A reset of the port empties both FIFOs; purging empties one")
    func purge() {
        let bench = bench(SerialFarEnd(rate: 1_000_000, lines: []))
        bench.vendor(0x02, index: 0x0100)
        bench.write([1, 2, 3])
        farEnd(bench) { $0.send([9], at: bench.now) }
        bench.run(limit: bench.now.advanced(byNanoseconds: 1_000_000))
        bench.vendor(0x00, value: 1)
        #expect(bench.bus.device.uart.space == 1024 && bench.bus.device.uart.receivedCount == 1)
        bench.vendor(0x00, value: 2)
        #expect(bench.bus.device.uart.receivedCount == 0)
        bench.vendor(0x00, value: 0)
        #expect(bench.bus.device.uart.flowControl == .none)
    }

    @Test("At 12 Mbit/s time adds up to the nanosecond")
    func fastest() {
        let bench = bench(SerialFarEnd(rate: 12_000_000), eighths: 8)
        bench.out([UInt8](repeating: 0x55, count: 1024))
        bench.run { !bench.bus.device.uart.isTransmitterEmpty }
        let begin = bench.now
        bench.run(limit: begin.advanced(byNanoseconds: 2_000_000))
        let took = bench.bus.device.uart.lastLeft.nanoseconds(since: begin)
        // 10240 bits.
        #expect(took >= 853_333 && took < 853_333 + 5)
    }
}
