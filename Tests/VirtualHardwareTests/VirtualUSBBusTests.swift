import RTOS
import Testing

@testable import VirtualHardware

/// Takes every packet and has one of any size at any time, unless told otherwise.
private struct EasyDevice: USBDevice {
    var speed = USBSpeed.high
    var bulkEndpoints: [UInt8] { [0x02, 0x81] }
    var isUnplugged = false
    var packetIn: USBInAnswer = .data(512)
    var handshake = USBHandshake.ack
    var times: [MonotonicTime] = []

    mutating func advance(to now: MonotonicTime) {}
    mutating func control(_ setup: USBSetup, data: UnsafeRawBufferPointer, at now: MonotonicTime) -> USBControlAnswer {
        setup.request == 9 ? .stall : .data([1, 2, 3])
    }
    mutating func bulkOut(_ packet: UnsafeRawBufferPointer, endpoint: UInt8, at now: MonotonicTime) -> USBHandshake {
        times.append(now)
        return handshake
    }
    mutating func bulkIn(into packet: UnsafeMutableRawBufferPointer, endpoint: UInt8, at now: MonotonicTime)
        -> USBInAnswer
    {
        times.append(now)
        return packetIn
    }
    func nextChange(endpoint: UInt8, size: Int) -> MonotonicTime? { nil }
}

@Suite("Virtual USB bus")
struct VirtualUSBBusTests {
    /// Half way into a microframe.
    private let begin = MonotonicTime(nanoseconds: 10 * 125_000 + 60_000)

    private func bench(_ device: EasyDevice = EasyDevice()) -> USBBench<EasyDevice> { USBBench(device, at: begin) }

    @Test("A URB begins with the next microframe, and its owner learns of its end after the microframe it ended in")
    func oneURB() {
        let bench = bench()
        let id = bench.out([1, 2, 3])
        #expect(bench.bus.nextEventTime?.nanoseconds == 11 * 125_000 + 125_000 / 13)
        bench.finish(id)
        #expect(bench.completion(id)?.time.nanoseconds == 12 * 125_000 + 20_000)
        #expect(bench.completion(id)?.count == 3)
        #expect(bench.completion(id)?.status == .completed)
        #expect(bench.bus.nextEventTime == nil)
    }

    @Test(
        "13 packets of 512 bytes go in a microframe, 19 of 64 in a frame of full speed",
        arguments: [USBSpeed.high, .full])
    func packets(speed: USBSpeed) {
        let bench = USBBench(EasyDevice(speed: speed), at: begin)
        let frame = speed.frameTime
        let perFrame = Int(speed.packetsPerFrame)
        let id = bench.out([UInt8](repeating: 0, count: speed.bulkPacketSize * perFrame * 3))
        bench.finish(id)
        let times = bench.bus.device.times
        #expect(times.count == perFrame * 3)
        let frames = times.map { ($0.nanoseconds - 1) / frame }
        #expect(Set(frames).count == 3)
        #expect(frames.count { $0 == frames[0] } == perFrame)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("Endpoints take turns, and URBs behind others follow without a pause")
    func turns() {
        let bench = bench()
        let outs = (0..<10).map { _ in bench.out([UInt8](repeating: 0, count: 512)) }
        let ins = (0..<10).map { _ in bench.in(512) }
        #expect(bench.bus.inFlight == 20)
        bench.run()
        #expect(bench.bus.inFlight == 0)
        #expect(bench.bus.counters(endpoint: 0x02).packets == 10)
        #expect(bench.bus.counters(endpoint: 0x81).bytes == 5120)
        // 20 packets: two microframes.
        #expect(bench.completions.allSatisfy { $0.time.nanoseconds <= 13 * 125_000 + 20_000 })
        #expect(bench.completions.filter { $0.endpoint == 0x02 }.map(\.id) == outs)
        #expect(bench.completions.filter { $0.endpoint == 0x81 }.map(\.id) == ins)
        let first = bench.completions.prefix { $0.time.nanoseconds <= 12 * 125_000 + 20_000 }
        #expect(first.count { $0.endpoint == 0x02 } == 7 && first.count == 13)
    }

    @Test("A short packet ends an IN URB; a full one does not, until the buffer is full")
    func shortPacket() {
        var device = EasyDevice()
        device.packetIn = .data(100)
        let short = bench(device)
        #expect(short.finish(short.in(4096))?.count == 100)
        let full = bench()
        #expect(full.finish(full.in(4096))?.count == 4096)
    }

    @Test("A packet that does not fit overflows")
    func overflow() {
        let bench = bench()
        let completion = bench.finish(bench.in(700))
        #expect(completion?.status == .overflowed)
        #expect(completion?.count == 700)
    }

    @Test("A stalled endpoint ends each of its URBs, and no other's")
    func stall() {
        var device = EasyDevice()
        device.handshake = .stall
        let bench = bench(device)
        let (first, second, read) = (bench.out([1]), bench.out([2]), bench.in(512))
        bench.run()
        #expect(bench.completion(first)?.status == .stalled && bench.completion(second)?.status == .stalled)
        #expect(bench.completion(read)?.status == .completed)
        #expect(bench.finish(bench.control(USBSetup(requestType: 0x00, request: 9)))?.status == .stalled)
        let control = bench.control(USBSetup(requestType: 0x80, request: 6, length: 2))
        #expect(bench.finish(control)?.count == 2)
        #expect(bench.data(control) == [1, 2])
    }

    @Test("NAK for ever leaves a URB where it is, until it is cancelled; the one behind it goes on")
    func cancel() {
        var device = EasyDevice()
        device.packetIn = .nak
        let bench = bench(device)
        let (first, second) = (bench.in(512), bench.in(512))
        bench.run()
        #expect(bench.completions.isEmpty && bench.bus.nextEventTime == nil)
        bench.now = bench.now.advanced(byNanoseconds: 1_000_000)
        #expect(bench.cancel(first))
        #expect(!bench.cancel(first))
        bench.run { bench.completion(first) != nil }
        #expect(bench.completion(first)?.status == .cancelled)
        #expect(bench.completion(first)?.time == bench.now)
        bench.bus.withDevice(at: bench.now) { $0.packetIn = .data(3) }
        bench.run()
        #expect(bench.completion(second)?.count == 3)
        #expect(!bench.cancel(second))
    }

    @Test("Cancelling in the middle tells how much had crossed")
    func cancelInTheMiddle() {
        let bench = bench()
        let (first, second) = (bench.out([UInt8](repeating: 0, count: 100 * 512)), bench.out([1]))
        bench.run { bench.bus.device.times.count == 5 }
        #expect(bench.cancel(second))
        #expect(bench.cancel(first))
        bench.run()
        #expect(bench.completion(first)?.count == 5 * 512)
        #expect(bench.completion(second)?.count == 0)
    }

    @Test("Unplugging ends all, now and from now on; another device can be plugged in")
    func unplug() {
        var device = EasyDevice()
        device.packetIn = .nak
        let bench = bench(device)
        let ids = [bench.in(512), bench.out([UInt8](repeating: 0, count: 100 * 512)), bench.in(512)]
        bench.run { bench.bus.device.times.count == 3 }
        bench.bus.unplug(at: bench.now)
        bench.run()
        #expect(ids.allSatisfy { bench.completion($0)?.status == .unplugged })
        #expect(bench.completions.allSatisfy { $0.time <= bench.now })
        #expect(bench.bus.isUnplugged)
        #expect(bench.finish(bench.in(512))?.status == .unplugged)
        bench.bus.plugIn(EasyDevice(), at: bench.now)
        #expect(!bench.bus.isUnplugged)
        #expect(bench.finish(bench.in(512))?.status == .completed)
    }

    @Test("An endpoint that is not there takes nothing")
    func unknownEndpoint() {
        var bus = VirtualUSBBus(EasyDevice())
        let byte: [UInt8] = [1]
        let isTaken = byte.withUnsafeBytes { bus.submit(URB(id: 1, .bulkOut(endpoint: 4, $0)), at: start) }
        #expect(!isTaken)
    }

    @Test("notes whose memory a URB is made of")
    func submissions() {
        var bus = VirtualUSBBus(EasyDevice())
        bus.recordsSubmissions = true
        let bytes: [UInt8] = [1, 2, 3]
        bytes.withUnsafeBytes { buffer in
            bus.submit(URB(id: 7, .bulkOut(endpoint: 2, buffer)), at: start)
            #expect(bus.submissions.map(\.address) == [UInt(bitPattern: buffer.baseAddress)])
            #expect(bus.submissions.map(\.count) == [3])
            bus.advance(to: .never) { _ in }
        }
    }

    @Test("Many URBs, cancelled here and there, all end once and in order", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bench = USBBench.mpsse(latency: 1)
        var (ids, cancelled): ([UInt64], Set<UInt64>) = ([], [])
        for _ in 0..<300 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: ids.append(bench.out([0x31, 99, 0] + [UInt8](repeating: 7, count: 100)))
            case 1: ids.append(bench.in(512 * Int.random(in: 1...3, using: &generator)))
            case 2:
                if let id = ids.randomElement(using: &generator), bench.cancel(id) {
                    cancelled.insert(id)
                }
            default: bench.run(limit: bench.now.advanced(byNanoseconds: .random(in: 0...400_000, using: &generator)))
            }
        }
        bench.bus.unplug(at: bench.now)
        bench.run()
        let ended = bench.completions.map(\.id)
        #expect(ids.allSatisfy { id in ended.count { $0 == id } == 1 })
        #expect(cancelled.allSatisfy { bench.completion($0)?.status == .cancelled })
        for endpoint in [0x02, 0x81] as [UInt8] {
            let order = bench.completions.filter { $0.endpoint == endpoint && $0.status == .completed }.map(\.id)
            #expect(order == order.sorted())
            let counters = bench.bus.counters(endpoint: endpoint)
            #expect(counters.submitted == counters.ended)
        }
    }
}
