import CLinux
import Glibc
import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Serial modes", .watched)
struct SerialModeTests {
    @Test("RS-485 is written as a query")
    func parsing() throws {
        let plain = try DeviceAddress("/dev/ttyS0?rs485").serial.rs485
        #expect(plain == SerialSettings.RS485())
        let line = try #require(
            try DeviceAddress("/dev/ttyS0?rs485=low&rs485before=5&rs485after=10&rs485echo").serial.rs485)
        #expect(!line.rtsIsHighOnSend)
        #expect((line.before, line.after) == (5, 10))
        #expect(line.hearsItself)
        #expect(try DeviceAddress("/dev/ttyS0?lowlatency").serial.isLowLatency)
        for bad in ["rs485=up", "rs485before=-1", "rs485after=1001", "lowlatency=1", "rs485echo=1"] {
            #expect(throws: PeripheralError.self) { try DeviceAddress("/dev/ttyS0?" + bad) }
        }
        #expect(throws: PeripheralError.self) { try DeviceAddress("virtual://uart?rs485") }
    }

    @Test("What a tty lacks is named, and the tty left as it was", arguments: ["rs485", "lowlatency"])
    func lacking(setting: String) throws {
        let line = try #require(PtyPair())
        let descriptor = open(line.path, O_RDWR | O_NOCTTY)
        defer { close(descriptor) }
        var before = hil_serial_line()
        hil_serial_get(descriptor, &before)
        let error = #expect(throws: PeripheralError.self) { try Peripheral("\(line.path)?baud=9600&\(setting)") }
        #expect(error?.description.contains(setting == "rs485" ? "no RS-485 mode" : "no low latency") == true)
        var after = hil_serial_line()
        hil_serial_get(descriptor, &after)
        #expect(after.output_rate == before.output_rate)
        // And it can be opened.
        _ = try Peripheral(line.path)
    }

    @Test("The settings of before are put back on close")
    func restored() throws {
        let line = try #require(PtyPair())
        let descriptor = open(line.path, O_RDWR | O_NOCTTY)
        defer { close(descriptor) }
        var before = termios()
        tcgetattr(descriptor, &before)
        let port = try Peripheral("\(line.path)?baud=9600&flow=soft")
        var during = termios()
        tcgetattr(descriptor, &during)
        #expect(during.c_iflag & tcflag_t(IXON | IXOFF) == tcflag_t(IXON | IXOFF))
        #expect(during.c_lflag != before.c_lflag)
        port.close()
        var after = termios()
        tcgetattr(descriptor, &after)
        #expect((after.c_iflag, after.c_oflag, after.c_lflag) == (before.c_iflag, before.c_oflag, before.c_lflag))
        #expect(after.c_cflag == before.c_cflag)
    }
}

@Suite("Modem line watch", .watched)
struct ModemLineWatchTests {
    /// A port whose modem lines change when a byte comes out of a pipe.
    private final class PipeCalls: SerialCalls {
        let failure: Int32?

        init(failure: Int32? = nil) {
            self.failure = failure
        }

        func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int { -Int(EIO) }
        func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int { -Int(EIO) }
        func poll(_ descriptors: UnsafeMutableBufferPointer<pollfd>, until deadline: MonotonicTime) -> Int { -Int(EIO) }

        func awaitLines(_ descriptor: Int32) -> Int32 {
            if let failure { return failure }
            var byte: UInt8 = 0
            return Glibc.read(descriptor, &byte, 1) < 0 ? errno : 0
        }
    }

    private struct Lines {
        let calls: PipeCalls
        let watch: ModemLineWatch
        let ends: (Int32, Int32)

        init(failure: Int32? = nil) throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            self.ends = (ends[0], ends[1])
            calls = PipeCalls(failure: failure)
            watch = try ModemLineWatch(ends[0], calls: calls)
        }

        func change() {
            var byte: UInt8 = 0
            write(ends.1, &byte, 1)
        }

        func end() {
            watch.stop()
            close(ends.0)
            close(ends.1)
        }
    }

    @Test("A change is told, and the next one too")
    func changes() throws {
        let lines = try Lines()
        lines.watch.start()
        for _ in 0..<10 {
            lines.change()
            try eventually("the change is told") { lines.watch.event.isSignalled }
            lines.watch.event.reset()
        }
        lines.end()
    }

    @Test("It ends however little it has done")
    func ending() throws {
        for count in 0..<200 {
            let lines = try Lines()
            if count % 3 != 0 { lines.watch.start() }
            if count % 5 == 0 { usleep(300) }
            lines.end()
            // Twice, and again after the end: no more than once.
            lines.watch.start()
            lines.watch.stop()
        }
    }

    @Test("A driver that cannot wait is told of, and asked no more", arguments: [ENOTTY, EIO])
    func failing(number: Int32) throws {
        let lines = try Lines(failure: number)
        lines.watch.start()
        try eventually("the end is told") { lines.watch.event.isSignalled }
        lines.end()
    }
}
