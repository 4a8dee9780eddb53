import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("FTDI as an SPI controller", .timeLimit(.minutes(30)))
struct FTDISPITests {
    @Test("The first thing that anybody does: ask a flash who it is")
    func identifiesFlash() throws {
        let bench = try FTDIBench([SPIPins(NORFlash(.w25q16))])
        let flash = try bench.port("speed=10M")
        #expect(flash.speed == 10_000_000)
        #expect(try flash.transaction([0x9F], receiving: 3) == [0xEF, 0x40, 0x15])
    }

    @Test("A flash is erased, programmed and read as firmware does it")
    func programsFlash() throws {
        let flash = try Peripheral("virtual://flash?speed=30M", clock: .virtual(VirtualClock()))
        func awaitReady() throws {
            while try flash.transaction([0x05], receiving: 1)[0] & 1 != 0 {}
        }
        let page = pattern(256)
        _ = try flash.write([0x06])
        _ = try flash.write([0x20, 0x01, 0x00, 0x00])
        try awaitReady()
        for place in 0..<4 as Range<UInt8> {
            _ = try flash.write([0x06])
            _ = try flash.write([0x02, 0x01, place, 0x00] + page)
            try awaitReady()
        }
        #expect(try flash.transaction([0x03, 0x01, 0x00, 0x00], receiving: 1025) == page + page + page + page + [0xFF])
        // The same under a held chip select.
        try flash.control(.holdChipSelect)
        _ = try flash.write([0x0B, 0x01, 0x01, 0x00, 0x00])
        #expect(try flash.read(100) == Array(page.prefix(100)))
        #expect(try flash.read(156) == Array(page.dropFirst(100)))
        try flash.control(.releaseChipSelect)
        #expect(try flash.transaction([0x9F], receiving: 2) == [0xEF, 0x40])
    }

    /// A mode, a way to make it, and a bit order.
    struct Wiring: CustomTestStringConvertible, Sendable {
        var mode: Int
        var way: SPITrailingEdge?
        var isLSBFirst: Bool

        static let all = [false, true].flatMap { order in
            [(0, nil), (2, nil), (1, .threePhase), (3, .threePhase), (1, .edgeSwap), (3, .edgeSwap)].map {
                Wiring(mode: $0.0, way: $0.1, isLSBFirst: order)
            }
        }

        var settings: String {
            "mode=\(mode)&order=\(isLSBFirst ? "lsb" : "msb")" + (way.map { "&cpha=\($0.rawValue)" } ?? "")
        }
        var testDescription: String { settings }
    }

    enum Direction: CaseIterable, Sendable { case write, read, exchange, writeThenRead, zeroCopy }

    /// Around a packet and around an opcode's 64 KiB; `HIL_FAST=1` leaves out what takes long.
    static let lengths =
        [1, 2, 510, 511, 512, 513, 514]
        + (ContentionTests.isFast ? [65537] : [65535, 65536, 65537, (1 << 20) + 3])

    @Test("Every mode, bit order, direction and length is right to the bit", arguments: Wiring.all, Direction.allCases)
    func transfers(wiring: Wiring, direction: Direction) throws {
        for count in Self.lengths {
            try transfer(wiring, direction, count: count, isExact: [1, 2, 513].contains(count))
        }
    }

    private func transfer(_ wiring: Wiring, _ direction: Direction, count: Int, isExact: Bool) throws {
        let answers = pattern(1021, seed: 7)
        func answer(_ places: Range<Int>) -> [UInt8] { places.map { answers[$0 % answers.count] } }
        let slave = SPISlave(
            mode: wiring.mode, leastSignificantFirst: wiring.isLSBFirst, isExact: isExact, answers: answers)
        let bench = try FTDIBench([slave])
        let port = try bench.port(wiring.settings)
        let sent = pattern(count)
        var onWire = sent
        switch direction {
        case .write: #expect(try port.write(sent) == count)
        case .read:
            #expect(try port.read(count) == answer(0..<count))
            onWire = [UInt8](repeating: 0xFF, count: count)
        case .exchange: #expect(try port.exchange(sent) == answer(0..<count))
        case .writeThenRead:
            #expect(try port.transaction(sent, receiving: 5) == answer(count..<count + 5))
            onWire += [UInt8](repeating: 0xFF, count: 5)
        case .zeroCopy:
            try port.control(.useZeroCopyTX)
            #expect(port.write(TransferBuffer(sent)).wait().error == nil)
        }
        let device = try #require(bench.chip { $0.mpsse.wiring.device(SPISlave.self) })
        #expect(device.received == onWire, "\(wiring.settings), \(direction), \(count) bytes")
        // No edge too many, and chip select once.
        #expect(device.bitsPerSelect == [onWire.count * 8])
        #expect(device.misplacedClocks == 0)
    }

    @Test("Nothing takes no time")
    func nothing() throws {
        let port = try FTDIBench().port()
        #expect(try port.write([]) == 0)
        #expect(try port.read(0) == [])
        #expect(try port.exchange([]) == [])
        #expect(try port.transaction([], receiving: 0) == [])
    }

    @Test("Half of a transaction may be empty")
    func halves() throws {
        let bench = try FTDIBench([SPISlave(mode: 0, answers: [1, 2, 3])])
        let port = try bench.port()
        #expect(try port.transaction([9, 8], receiving: 0) == [])
        #expect(try port.transaction([], receiving: 2) == [3, 1])
        #expect(bench.chip { $0.mpsse.wiring.device(SPISlave.self) }?.received == [9, 8, 0xFF, 0xFF])
    }

    @Test("Reading sends the dummy byte that was asked for", arguments: [0x00, 0x3C, 0xFF] as [UInt8])
    func dummies(byte: UInt8) throws {
        let bench = try FTDIBench([SPISlave(mode: 0)])
        let port = try bench.port("dummy=\(byte)")
        _ = try port.read(70_000)
        let received = bench.chip { $0.mpsse.wiring.device(SPISlave.self) }?.received
        #expect(received == [UInt8](repeating: byte, count: 70_000))
    }

    @Test("Modes 1 and 3 are refused unless they are asked for by name", arguments: [1, 3])
    func refusesModes(mode: Int) throws {
        let bench = try FTDIBench()
        #expect(throws: PeripheralError.self) { try bench.driver("mode=\(mode)") }
        let port = try FTDIBench().port("mode=\(mode - 1)")
        #expect(throws: PeripheralError.self) { try port.control(.setSPIClockPhase(.trailingEdge)) }
        #expect(try port.exchange([1, 2, 3]) == [1, 2, 3])
    }

    @Test("The chip's own loopback needs no wire")
    func internalLoopback() throws {
        let port = try FTDIBench([], loops: true).port()
        let sent = pattern(3000)
        #expect(try port.exchange(sent) == sent)
    }

    @Test("The clock is rounded down, and the one in force is told")
    func clocks() throws {
        let port = try FTDIBench().port("speed=20M")
        #expect(port.speed == 15_000_000)
        #expect(try port.control(.setSpeed(12_000_000)) == 10_000_000)
        #expect(port.speed == 10_000_000)
        #expect(throws: PeripheralError.self) { try port.control(.setSpeed(91)) }
        #expect(try port.exchange([0xA5]) == [0xA5])
    }

    @Test(
        "SCK runs at the clock in force, at 100 Hz as at 30 MHz", arguments: [92, 458, 100_000, 30_000_000] as [UInt32])
    func timeOnWire(rate: UInt32) throws {
        let bench = try FTDIBench()
        let port = try bench.port("speed=\(rate)")
        bench.chip { $0.mpsse.resetActivity() }
        let sent = pattern(20)
        #expect(try port.exchange(sent) == sent)
        let busy = Double(bench.chip { $0.mpsse.activity.busy })
        #expect(abs(busy / (20 * 8 * 1e9 / Double(port.speed)) - 1) < 0.01)
    }

    @Test("The virtual names open it")
    func names() throws {
        let clock = HardwareClock.virtual(VirtualClock())
        let wire = try Peripheral("virtual://ft232h?speed=6M", clock: clock)
        #expect(wire.isSPI && wire.speed == 6_000_000)
        #expect(try wire.exchange([1, 2, 3]) == [1, 2, 3])
        let flash = try Peripheral("virtual://flash", clock: clock)
        #expect(try flash.transaction([0x9F], receiving: 3) == [0xEF, 0x40, 0x15])
    }
}
