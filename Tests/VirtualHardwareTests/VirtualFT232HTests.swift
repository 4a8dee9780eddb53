import RTOS
import Testing

@testable import VirtualHardware

@Suite("Virtual FT232H")
struct VirtualFT232HTests {
    @Test("goes into MPSSE mode, answers a bad opcode and shifts bytes over the wire")
    func first() {
        let bench = USBBench(VirtualFT232H())
        #expect(bench.vendor(0x0B, value: 0x0200) == .completed)
        bench.write([0xAA, 0x87])
        #expect(bench.read(2) == [0xFA, 0xAA])
        bench.write(setUp() + [0x31, 2, 0, 1, 2, 3, 0x87])
        #expect(bench.read(3) == [1, 2, 3])
    }

    @Test("describes itself as an FT232H does")
    func descriptors() {
        let bench = USBBench(VirtualFT232H(eeprom: FT232HEEPROM(productName: "Test adapter", serial: "FT123")))
        func descriptor(_ type: UInt16, _ number: UInt16 = 0, length: UInt16 = 255) -> [UInt8] {
            let setup = USBSetup(requestType: 0x80, request: 6, value: type << 8 | number, length: length)
            let id = bench.control(setup)
            return bench.finish(id)?.status == .completed ? bench.data(id) : []
        }
        let device = descriptor(1)
        #expect(device.count == 18)
        #expect(device[8...13] == [0x03, 0x04, 0x14, 0x60, 0x00, 0x09])
        #expect(descriptor(1, length: 8) == Array(device.prefix(8)))
        let configuration = descriptor(2)
        #expect(configuration.count == 32 && configuration[2] == 32)
        #expect(configuration[9...17] == [9, 4, 0, 0, 2, 0xFF, 0xFF, 0xFF, 2])
        #expect(configuration[18...] == [7, 5, 0x81, 2, 0, 2, 0, 7, 5, 0x02, 2, 0, 2, 0])
        #expect(descriptor(6).count == 10)
        // At the other speed packets have 64 bytes.
        #expect(descriptor(7)[22...23] == [64, 0])
        #expect(descriptor(3) == [4, 3, 9, 4])
        func string(_ number: UInt16) -> String {
            let bytes = descriptor(3, number).dropFirst(2)
            return String(decoding: stride(from: 2, to: bytes.count + 2, by: 2).map { bytes[$0] }, as: UTF8.self)
        }
        #expect([string(1), string(2), string(3)] == ["FTDI", "Test adapter", "FT123"])
        #expect(descriptor(3, 4) == [] && descriptor(3, 0xEE) == [] && descriptor(9) == [])
    }

    @Test("puts two status bytes ahead of every 512 bytes")
    func statusBytes() {
        let bench = USBBench.mpsse()
        let data = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        let command = [0x31, UInt8(1499 & 0xFF), UInt8(1499 >> 8)] + data + [0x87]
        let (_, read) = (bench.out(command), bench.in(4096))
        bench.finish(read)
        let received = bench.data(read)
        #expect(received.count == 1500 + 3 * 2)
        for packet in [0, 512, 1024] { #expect(received[packet..<packet + 2] == [0x32, 0x60]) }
        #expect(received[2..<512] + received[514..<1024] + received[1026...] == data[...])
    }

    @Test("keeps less than a packet for as long as the latency timer says", arguments: [1, 2, 16, 255] as [UInt16])
    func latency(_ milliseconds: UInt16) {
        let bench = USBBench.mpsse(latency: milliseconds)
        #expect(bench.vendorRead(0x0A, length: 1) == [UInt8(milliseconds)])
        // The packet of the time before, and with it the timer, out of the way.
        bench.finish(bench.in(512))
        let begin = bench.now
        bench.out([0x81])
        let read = bench.in(512)
        bench.finish(read)
        #expect(bench.data(read).count == 3)
        let waited = bench.now.nanoseconds(since: begin)
        let period = UInt64(milliseconds) * 1_000_000
        // Reckoned from the last packet, and told up to a microframe and a turnaround later.
        #expect(waited > period - 300_000 && waited < period + 300_000)
        // Without data the packet has the status bytes alone.
        let empty = bench.in(512)
        bench.finish(empty)
        #expect(bench.data(empty) == [0x32, 0x60])
    }

    @Test("sends at once what opcode 0x87 asks for")
    func sendImmediate() {
        let bench = USBBench.mpsse(latency: 255)
        bench.finish(bench.in(512))
        let begin = bench.now
        bench.out([0x81, 0x87])
        bench.finish(bench.in(512))
        #expect(bench.now.nanoseconds(since: begin) < 500_000)
    }

    @Test("refuses a latency of nothing, bit modes that it does not have, and requests that nobody knows")
    func refusals() {
        let bench = USBBench(VirtualFT232H())
        #expect(bench.vendor(0x09, value: 0) == .stalled)
        for mode in [0x01, 0x04, 0x08, 0x10, 0x20, 0x40] as [UInt16] {
            #expect(bench.vendor(0x0B, value: mode << 8 | 0xFF) == .stalled)
        }
        #expect(bench.vendor(0x55) == .stalled)
        #expect(bench.vendorRead(0x55, length: 4) == [])
        #expect(bench.vendor(0x00, value: 7) == .stalled)
        #expect(bench.vendor(0x04, value: 0x0009) == .stalled)
        // And goes on.
        #expect(bench.vendorRead(0x0A, length: 1) == [16])
        #expect(bench.vendor(0x0B, value: 0x0200) == .completed)
        #expect(bench.vendor(0x0B, value: 0x0000) == .completed)
        #expect(bench.bus.device.mode == .uart)
    }

    @Test("purges each of its FIFOs")
    func purge() {
        let bench = USBBench.mpsse(latency: 1)
        bench.write([0x81, 0x81, 0x88])
        bench.write([0x81])
        #expect(bench.bus.device.mpsse.replyCount == 3)
        #expect(bench.vendor(0x00, value: 2) == .completed)
        #expect(bench.bus.device.mpsse.replyCount == 0)
        // Something that waits for its operands.
        bench.write([0x80, 0x00])
        #expect(bench.bus.device.mpsse.space == 1022)
        #expect(bench.vendor(0x00, value: 1) == .completed)
        #expect(bench.bus.device.mpsse.space == 1024)
        bench.write([0x81, 0x87])
        #expect(bench.read(1).count == 1)
    }

    @Test("reads the pins by request")
    func readPins() {
        let bench = USBBench.mpsse()
        #expect(bench.vendorRead(0x0C, length: 1) == [0xF8])
    }

    @Test("answers with a STALL at a halted endpoint until the halt is cleared")
    func halt() {
        let bench = USBBench.mpsse()
        for endpoint in [0x02, 0x81] as [UInt16] {
            func request(_ type: UInt8, _ request: UInt8, length: UInt16 = 0) -> [UInt8] {
                let id = bench.control(USBSetup(requestType: type, request: request, index: endpoint, length: length))
                bench.finish(id)
                return bench.data(id)
            }
            _ = request(0x02, 3)
            #expect(request(0x82, 0, length: 2) == [1, 0])
            let id = endpoint == 0x02 ? bench.out([0x81]) : bench.in(512)
            #expect(bench.finish(id)?.status == .stalled)
            _ = request(0x02, 1)
            #expect(request(0x82, 0, length: 2) == [0, 0])
            let again = endpoint == 0x02 ? bench.out([0x81]) : bench.in(512)
            #expect(bench.finish(again)?.status == .completed)
        }
    }

    @Test("At full speed packets have 64 bytes, and the status says so")
    func fullSpeed() {
        let bench = USBBench(VirtualFT232H(speed: .full))
        bench.vendor(0x0B, value: 0x0200)
        bench.write(setUp() + [0x31, 99, 0] + [UInt8](repeating: 9, count: 100) + [0x87])
        let read = bench.in(512)
        bench.finish(read)
        let received = bench.data(read)
        #expect(received.count == 100 + 2 * 2)
        #expect(received[0..<2] == [0x31, 0x60] && received[64..<66] == [0x31, 0x60])
    }

    @Test("Full duplex without a reader stalls on the FIFO, and goes on when somebody reads")
    func fullDuplex() {
        let bench = USBBench.mpsse()
        let data = (0..<16384).map { UInt8(truncatingIfNeeded: $0 &* 11) }
        let out = bench.out([0x31, 0xFF, 0x3F] + data + [0x87])
        bench.run(limit: bench.now.advanced(byNanoseconds: 1_000_000_000))
        #expect(bench.completion(out) == nil)
        #expect(bench.bus.nextEventTime == nil)
        #expect(bench.read(16384) == data)
        bench.run()
        #expect(bench.completion(out)?.status == .completed)
    }

    @Test("A write of 1 MiB with enough URBs keeps SCK busy, and none of it is copied but into the FIFO")
    func busy() {
        let bench = USBBench.mpsse()
        bench.bus.withDevice(at: bench.now) { $0.mpsse.resetActivity() }
        let block = [UInt8](repeating: 0x5A, count: 65536)
        for _ in 0..<16 {
            bench.out([0x11, 0xFF, 0xFF])
            bench.out(block)
        }
        bench.out([0x81, 0x87])
        #expect(bench.read(1).count == 1)
        let activity = bench.bus.device.mpsse.activity
        #expect(activity.busy == 279_620_267)
        #expect(activity.share > 0.98)
        #expect(bench.bus.counters(endpoint: 0x02).bytes == UInt64(7 + 16 * (3 + 65536) + 2))
    }
}
