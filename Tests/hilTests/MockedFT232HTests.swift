import Foundation
import HardwareTest
import PeripheralIO
import Testing

@Suite("The FTDI driver on libftdi and libusb, with a virtual FT232H of umockdev's", .timeLimit(.minutes(30)))
struct MockedFT232HTests {
    private let machine = MockedFT232H()

    /// How the shell asks who has the chip's interface.
    private static let driver = "basename $(readlink /sys/bus/usb/devices/1-1:1.0/driver)"

    @Test("is listed, and its EEPROM read")
    func listed() throws {
        let outcome = try machine.hil("list", "--json")
        let devices = try JSONDecoder().decode([FoundDevice].self, from: outcome.output)
            .filter { !$0.url.hasPrefix("virtual://") }
        #expect(devices.map(\.url) == ["ftdi://ftdi:232h:FTHIL001/1"])
        #expect(devices.first?.driver == "ftdi_sio" && devices.first?.usbPath == "1-1:1.0")
        #expect(try machine.hil("list", "-v").text.contains("EEPROM checksum good"))
    }

    @Test(
        "SPI: what goes out comes back, over the wire and inside the chip",
        arguments: ["", "internal", "mode=2&speed=6M"])
    func loopback(settings: String) throws {
        let outcome = try machine.hil("loopback", "ftdi:///1?\(settings)", "--bytes", "150001", "--json")
        let result = try JSONDecoder().decode(LoopbackResult.self, from: outcome.output)
        #expect(outcome.status == 0 && result.isGood && result.bytesReceived == 150_001, "\(outcome.errors)")
    }

    @Test("SPI: packets, in pools whose memory no device maps")
    func packets() throws {
        let outcome = try machine.hil("loopback", "ftdi:///1", "--packets", "--bytes", "64Ki")
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errors)")
    }

    @Test("SPI: a flash's identification")
    func identifies() throws {
        let folder = try TemporaryFolder()
        let flash = MockedFT232H(flash: folder.url.appendingPathComponent("image").path)
        let outcome = try flash.hil("spi", "ftdi:///1", "9f", "--read", "3")
        #expect(outcome.status == 0 && outcome.text == "ef 40 15\n", "\(outcome.errors)")
        #expect(outcome.errors == "ftdi:///1: 30 MHz in force, mode 0\n")
    }

    @Test("SPI: an image, programmed page by page, read back and found in the file")
    func image() throws {
        let folder = try TemporaryFolder()
        let image = Data((0..<16384).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        var script = ""
        for start in stride(from: 0, to: image.count, by: 256) {
            let page = image[start..<start + 256].map { String(format: "%02x", $0) }.joined()
            script += "06 / 02 \(String(format: "%06x", start)) \(page) / wait:3ms\n"
        }
        let path = try folder.write("script", Data(script.utf8))
        let file = folder.url.appendingPathComponent("image")
        let outcome = try MockedFT232H(flash: file.path).shell(
            """
            "$HIL" spi ftdi:///1 --script \(path) --quiet > /dev/null
            "$HIL" spi ftdi:///1 03 000000 r131072 --binary --quiet
            """)
        let erased = Data(repeating: 0xFF, count: 131_072 - image.count)
        #expect(outcome.status == 0 && outcome.output == image + erased, "\(outcome.errors)")
        #expect(try Data(contentsOf: file).prefix(131_072) == image + erased)
    }

    @Test("UART: bytes come back, with settings and flow control", arguments: ["baud=115200", "baud=3M&flow=hard"])
    func serial(settings: String) throws {
        let outcome = try machine.hil("loopback", "ftdi:///1?\(settings)", "--bytes", "9Ki")
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errors)")
        let data = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) })
        let piped = try machine.hil("uart", "ftdi:///1?\(settings)", "-x", input: data)
        #expect(piped.status == 0 && piped.output == data, "\(piped.errors)")
    }

    @Test("GPIO: drives pins and reads all")
    func pins() throws {
        let outcome = try machine.hil("gpio", "ftdi:///1", "8=0", "9=1", "--seconds", "0")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("ACBUS0  pin 8   0") && outcome.text.contains("ACBUS1  pin 9   1"))
    }

    @Test("takes the interface from the kernel's driver, refuses another process, and gives it back")
    func busy() throws {
        let outcome = try machine.shell(
            """
            \(Self.driver)
            "$HIL" loopback ftdi:///1 --seconds 250 > /dev/null &
            until [ "$(\(Self.driver))" = usbfs ]; do sleep 0.05; done
            "$HIL" spi ftdi:///1 9f || echo "refused with $?"
            kill -INT $!
            wait $! || true
            \(Self.driver)
            """)
        #expect(outcome.text == "ftdi_sio\nrefused with 5\nftdi_sio\n", "\(outcome.errors)")
    }

    @Test(
        "A chip that answers no more ends in a time-out",
        arguments: ["spi ftdi:///1 -S 4096 --timeout 0.3", "loopback ftdi:///1?baud=3M --bytes 9Ki"])
    func silence(command: String) throws {
        let machine = MockedFT232H(fault: "nak=300")
        let outcome = try machine.run([Hil.path] + command.split(separator: " ").map(String.init))
        #expect(outcome.status == 6 && outcome.errors.contains("timed out"), "\(outcome.errors)")
    }

    @Test("An endpoint that halts is told, and works again")
    func halt() throws {
        let outcome = try MockedFT232H(fault: "halt=1000").shell(
            """
            "$HIL" spi ftdi:///1 -S 4096 && exit 1
            "$HIL" spi ftdi:///1 01 02
            """)
        #expect(outcome.status == 0 && outcome.text == "01 02\n", "\(outcome.errors)")
        #expect(outcome.errors.contains("broken pipe"))
    }

    @Test("Packets that are never full are taken for what they are")
    func shortPackets() throws {
        let outcome = try MockedFT232H(fault: "packet=10").hil("loopback", "ftdi:///1", "--bytes", "5000")
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errors)")
    }

    @Test("says what is not there, and what it cannot do")
    func refusals() throws {
        #expect(try machine.hil("spi", "ftdi://ftdi:232h:NONE/1", "9f").status == 3)
        #expect(try machine.hil("spi", "ftdi:///2", "9f").status == 3)
        #expect(try machine.hil("spi", "ftdi:///1?mode=3", "9f").status == 8)
    }

    @Test("The mock answers the calls of usbfs that libusb does not make")
    func calls() throws {
        let folder = try TemporaryFolder()
        let program = folder.url.appendingPathComponent("usbfs_calls").path
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/usbfs_calls.c").path
        let built = try Hil.run(
            ["-O1", "-Wall", "-Wextra", "-Werror", source, "-o", program], program: "/usr/bin/cc")
        try #require(built.status == 0, "\(built.errors)")
        let outcome = try machine.run([program, "/dev/bus/usb/001/002"])
        #expect(outcome.status == 0 && outcome.text.isEmpty, "\(outcome.text)\(outcome.errors)")
    }

    @Test("The mock ends as the command does, and says why when there is none")
    func statuses() throws {
        #expect(try machine.shell("exit 42").status == 42)
        #expect(try machine.shell("kill -TERM $$").status == 128 + 15)
        #expect(try machine.run(["/nonexistent"]).status == 127)
        let folder = try TemporaryFolder()
        let long = try MockedFT232H(flash: folder.write("long", Data(count: 16 << 20 + 1))).run(["true"])
        #expect(long.status == 125 && long.errors.contains("too large"))
    }
}

@Suite("flashrom on libftdi and libusb, with a virtual FT232H of umockdev's", .timeLimit(.minutes(30)))
struct MockedFT232HFlashromTests {
    /// Part of a flash, as flashrom takes it: a file that says where it is.
    private static let layout = "00010000:00013fff part\n"
    private static let part = 0x10000..<0x14000

    @Test("identifies the flash, writes a part of it, verifies and reads it")
    func part() throws {
        let folder = try TemporaryFolder()
        let old = Data((0..<2 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) })
        let file = try folder.write("image", old)
        let layout = try folder.write("layout", Data(Self.layout.utf8))
        var new = old
        for place in Self.part.dropLast(0x1000) { new[place] = UInt8(truncatingIfNeeded: place &* 13 >> 2) }
        let changed = try folder.write("changed", new)
        let copy = folder.url.appendingPathComponent("copy")
        let machine = MockedFT232H(flash: file)
        let flashrom = """
            export PATH=$PATH:/usr/sbin
            flash() { flashrom -p ft2232_spi:type=232H,divisor=2 "$@" --layout \(layout) --image part; }
            """
        let written = try machine.shell("\(flashrom)\nflash -c W25Q16.V -N -w \(changed)")
        #expect(written.status == 0 && written.text.contains("VERIFIED"), "\(written.text)\(written.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == new)
        let read = try machine.shell("\(flashrom)\nflash -r \(copy.path)")
        #expect(read.status == 0 && read.text.contains("W25Q16"), "\(read.text)\(read.errors)")
        #expect(try Data(contentsOf: copy)[Self.part] == new[Self.part])
    }
}
