import PeripheralIO
import Testing
import VirtualHardware

@Suite("Zero-copy transmission", .watched)
struct ZeroCopyTests {
    @Test("A buffer goes out while the caller goes on, and comes back from wait")
    func firstLight() throws {
        let line = try #require(PtyPair())
        let port = try Peripheral(line.path)
        try port.control(.useZeroCopyTX)

        let write = port.write(TransferBuffer(copying: "hello, wire".utf8Span.span.bytes))
        #expect(line.read(11) == Array("hello, wire".utf8))
        let finished = write.wait()
        #expect(finished.error == nil)
        let buffer = finished.takeBuffer()
        #expect(buffer.count == 11)
    }

    @Test("What goes out on MOSI comes in on MISO")
    func exchange() throws {
        let port = try Peripheral("virtual://spi?speed=10M")
        try port.control(.useZeroCopyTX)
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let sent = TransferBuffer(copying: bytes.span.bytes)
        let finished = port.exchange(sent, into: TransferBuffer(count: 5000)).wait()
        #expect(finished.error == nil)
        finished.takeBuffer().takeBoth { sent, received in
            #expect(sent.bytes.withUnsafeBytes { Array($0) } == received.bytes.withUnsafeBytes { Array($0) })
        }
    }
}
