import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI as an SPI controller", .timeLimit(.minutes(10)))
struct FTDISPITests {
    @Test("The first thing that anybody does: ask a flash who it is")
    func identifiesFlash() throws {
        let bench = try FTDIBench([SPIPins(NORFlash(.w25q16))])
        let flash = try bench.port("speed=10M")
        #expect(flash.speed == 10_000_000)
        #expect(try flash.transaction([0x9F], receiving: 3) == [0xEF, 0x40, 0x15])
    }

    static let lengths = [1, 2, 510, 511, 512, 513, 514, 65535, 65536, 65537, (1 << 20) + 3]

    @Test("Full duplex returns over the wire what went out, whatever its length", arguments: lengths)
    func exchanges(count: Int) throws {
        let port = try FTDIBench().port()
        let sent = pattern(count)
        #expect(try port.exchange(sent) == sent)
    }

    @Test("Nothing takes no time")
    func nothing() throws {
        let port = try FTDIBench().port()
        #expect(try port.write([]) == 0)
        #expect(try port.read(0) == [])
        #expect(try port.transaction([], receiving: 0) == [])
    }
}
