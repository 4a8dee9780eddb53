import Foundation
import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Traces")
struct TraceTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("trace-\(UUID().uuidString)").path

    /// Does something on a device in virtual time, and reads back what was recorded of it.
    private func trace(_ url: String, _ body: (Peripheral) throws -> Void) throws -> Trace {
        defer { unlink(path) }
        let recorder = try TraceRecorder(path: path)
        let clock = HardwareClock.virtual(VirtualClock())
        let port = try Peripheral(address: DeviceAddress(url), clock: clock, recorder: recorder)
        try body(port)
        port.close()
        try recorder.finish()
        return try Trace(file: path)
    }

    private func exchange(_ port: Peripheral, _ bytes: [UInt8]) throws {
        var received = [UInt8](repeating: 0, count: bytes.count)
        var span = received.mutableSpan
        var raw = span.mutableBytes
        try port.exchange(bytes.span.bytes, into: &raw)
    }

    @Test("each transfer is there once, with its bytes and its time on the wire")
    func transfers() throws {
        let trace = try trace("virtual://spi?speed=1M&mode=2") { port in
            try exchange(port, [1, 2, 3])
            _ = try port.write(([4, 5] as [UInt8]).span.bytes)
            var received = [UInt8](repeating: 0, count: 2)
            var span = received.mutableSpan
            var raw = span.mutableBytes
            try port.transaction(sending: ([0x9F] as [UInt8]).span.bytes, receiving: &raw)
            try port.control(.setSpeed(2_000_000))
            try port.control(.holdChipSelect)
            try exchange(port, [6])
        }
        #expect(trace.header.device == "virtual://spi" && trace.header.speed == 1_000_000)
        #expect(trace.header.line == .spi(try DeviceAddress("virtual://spi?mode=2").spi))
        #expect(
            trace.events.map(\.what) == [
                .transfer(sent: [1, 2, 3], reading: 0, received: [1, 2, 3]),
                .transfer(sent: [4, 5], reading: 0, received: []),
                .transfer(sent: [0x9F], reading: 2, received: [0xFF, 0xFF]), .speed(2_000_000), .hold(true),
                .transfer(sent: [6], reading: 0, received: [6]),
            ])
        #expect(trace.events.map(\.duration) == [24000, 16000, 24000, 0, 0, 4000])
        #expect(trace.events.map(\.time) == [0, 24000, 40000, 64000, 64000, 64000])
    }

    @Test("a transaction of many segments is one frame, as it is without a trace")
    func segments() throws {
        defer { unlink(path) }
        let recorder = try TraceRecorder(path: path)
        let controller = FakeSPIController([ScriptedSPI(script: SPIScript())])
        let address = try DeviceAddress("/dev/spidev0.0?speed=1M")
        let driver = TracingDriver(
            try controller.driver(SPIDevBus(), chipSelect: 0, address.spi), for: address, recorder)
        let port = try Peripheral(address: address, driver: driver)
        let bytes: [UInt8] = [1, 2, 3]
        try bytes.withUnsafeBytes { bytes in
            try port.transaction(unretained: [
                SPISegment(sent: bytes.baseAddress, received: nil, count: 2),
                SPISegment(sent: bytes.baseAddress! + 2, received: nil, count: 1),
            ])
        }
        port.close()
        try recorder.finish()
        #expect(controller.messages.count == 1)
        let trace = try Trace(file: path)
        #expect(
            trace.events.map(\.what) == [
                .hold(true), .transfer(sent: [1, 2], reading: 0, received: []),
                .transfer(sent: [3], reading: 0, received: []), .hold(false),
            ])
        #expect(trace.events.map(\.duration) == [0, 16000, 8000, 0])
    }

    @Test("a device that is opened again goes on with its trace")
    func again() throws {
        defer { unlink(path) }
        let recorder = try TraceRecorder(path: path)
        for byte in UInt8(1)...3 {
            let clock = HardwareClock.virtual(VirtualClock())
            let port = try Peripheral(address: DeviceAddress("virtual://spi"), clock: clock, recorder: recorder)
            _ = try port.write([byte].span.bytes)
            port.close()
        }
        try recorder.finish()
        let sent = try Trace(file: path).events.map(\.what)
        #expect(sent == (UInt8(1)...3).map { .transfer(sent: [$0], reading: 0, received: []) })
    }

    @Test("what goes out of the memory that comes in is recorded as it was sent")
    func inPlace() throws {
        let trace = try trace("virtual://spi?flip=1") { port in
            try port.control(.useZeroCopyTX)
            let write = port.exchange(
                TransferBuffer(copying: ([1, 2] as [UInt8]).span.bytes), into: TransferBuffer(count: 2))
            #expect(write.wait().error == nil)
        }
        guard case .transfer([1, 2], 0, let received) = trace.events.first?.what else {
            Issue.record("\(trace.events)")
            return
        }
        #expect(received.count == 2 && received != [1, 2])
    }

    @Test("the trace of a device that is lost has what went before")
    func lost() throws {
        let trace = try trace("virtual://spi?unplug=3") { port in
            try exchange(port, [1, 2])
            #expect(throws: PeripheralError.self) { try exchange(port, [3, 4]) }
        }
        #expect(trace.events.map(\.what) == [.transfer(sent: [1, 2], reading: 0, received: [1, 2])])
    }

    @Test("what is written is read back the same", arguments: 0..<20 as Range<UInt64>)
    func lines(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) } }
        let isSPI = Bool.random(using: &random)
        var spi = SPISettings()
        (spi.mode, spi.leastSignificantFirst, spi.dummyByte) = (Int(seed % 4), seed % 3 == 0, UInt8(seed))
        spi.speed = SPISettings().speed
        var serial = SerialSettings()
        (serial.dataBits, serial.parity, serial.baudRate) = (5 + Int(seed % 4), .mark, 9600)
        var trace = Trace(
            header: TraceHeader(
                device: "virtual://“x\"\\", line: isSPI ? .spi(spi) : .uart(serial), speed: 9600, startedAt: "now"))
        for _ in 0..<50 {
            let count = Int.random(in: 1...20, using: &random)
            let what: TraceEvent.What =
                switch (Int.random(in: 0...3, using: &random), isSPI) {
                case (0, _): .speed(UInt32.random(in: 1 ... .max, using: &random))
                case (1, true): .transfer(sent: bytes(count), reading: 0, received: seed % 2 == 0 ? bytes(count) : [])
                case (2, true): .transfer(sent: bytes(count % 3), reading: count, received: bytes(count))
                case (_, true): .hold(Bool.random(using: &random))
                case (1, false): .sent(bytes(count))
                default: .received(bytes(count))
                }
            trace.events.append(
                TraceEvent(
                    time: UInt64.random(in: 0..<1 << 40, using: &random),
                    duration: UInt64.random(in: 0...9, using: &random), what))
        }
        var text = TraceLines.line(trace.header)
        for event in trace.events { TraceLines.append(event, to: &text) }
        trace.events.sort { $0.time < $1.time }
        #expect(try TraceLines.parse(text, name: "x") == trace)
    }

    @Test("a line that another program has written is read as well")
    func foreignLine() throws {
        let text = #" { "a\u0062" : "\u201c\ud83d\ude00\"\\\/\n" ,"n":-12, "t":true,"f" : false,"x":null,"":""} "#
        let line = try JSONLine(Array(text.utf8)[...])
        #expect(try line.string("ab") == "“😀\"\\/\n" && line.number("n") == -12 && line.text("") == [])
        #expect(try line.truth("t") == true && line.truth("f") == false)
        #expect(try line.truth("x") == nil && line.string("y") == nil)
        #expect(throws: JSONLine.Malformed.self) { try line.string("n") }
        #expect(throws: JSONLine.Malformed.self) { try line.truth("ab") }
        #expect(throws: JSONLine.Malformed.self) { let _: UInt8? = try line.number("n") }
        #expect(try JSONLine(Array("{}".utf8)[...]).text("a") == nil)
    }

    @Test(
        "what is no object of JSON's is refused",
        arguments: [
            "", "{", "}", "[]", "{]", #"{"a"}"#, #"{"a":1,}"#, #"{"a":1"b":2}"#, #"{"a":1}x"#, #"{"a":"b}"#,
            #"{"a":"\q"}"#, #"{"a":"\u12"}"#, #"{"a":[1,2]}"#, "{\"a\":\"\u{01}\"}", #"{a:1}"#,
        ])
    func noObject(text: String) {
        #expect(throws: JSONLine.Malformed.self) { try JSONLine(Array(text.utf8)[...]) }
    }

    @Test("a replayed line answers when all that was sent before has been sent, however it is split")
    func replayedLine() throws {
        var line = ReplayedLine([
            TraceEvent(time: 1, .sent([1, 2, 3])), TraceEvent(time: 2, .received([9, 8])),
            TraceEvent(time: 3, .received([7])), TraceEvent(time: 4, .sent([4])), TraceEvent(time: 5, .received([6])),
        ])
        func send(_ bytes: [UInt8]) -> String? { bytes.withUnsafeBytes { line.send($0) } }
        func take(_ count: Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: count) { $1 = line.take(into: UnsafeMutableRawBufferPointer($0)) }
        }
        #expect(send([1, 2]) == nil && !line.hasData && take(5) == [])
        #expect(send([3]) == nil && line.hasData && take(1) == [9] && take(5) == [8, 7] && !line.hasData)
        #expect(send([4]) == nil && take(5) == [6])
        #expect(send([5]) == "byte 4 was not recorded: the session sends 4")
    }
}
