import Foundation
import PeripheralIO
import Testing

@Suite("hil list, on machines of umockdev")
struct DiscoveryTests {
    private func list(_ fixtures: String..., ordinary: Bool = false, preparation: String = ":") throws -> [FoundDevice]
    {
        let machine = MockedMachine(fixtures: fixtures, preparation: preparation, isOrdinaryUser: ordinary)
        let outcome = try machine.run("list", "--json")
        let devices = try JSONDecoder().decode([FoundDevice].self, from: outcome.output)
        return devices.filter { !$0.url.hasPrefix("virtual://") }
    }

    @Test("Every interface of an FTDI chip, and the port of the kernel's driver, with driver, serial number and place")
    func adapters() throws {
        let devices = try list("adapters")
        #expect(
            devices.map(\.url) == [
                "/dev/ttyUSB0", "ftdi://ftdi:2232h:FT7ABCDE/1", "ftdi://ftdi:2232h:FT7ABCDE/2",
                "ftdi://ftdi:232h:1:3/1",
            ])
        #expect(devices.map(\.driver) == ["ftdi_sio", nil, "ftdi_sio", nil])
        #expect(devices.map(\.usbPath) == ["1-1:1.1", "1-1:1.0", "1-1:1.1", "1-2:1.0"])
        #expect(devices.map(\.serialNumber) == ["FT7ABCDE", "FT7ABCDE", "FT7ABCDE", nil])
        #expect(
            devices.map(\.node) == [
                "/dev/ttyUSB0", "/dev/bus/usb/001/002", "/dev/bus/usb/001/002", "/dev/bus/usb/001/003",
            ])
        #expect(devices.map(\.kind).last == "FT232H, SPI or serial")
    }

    @Test("spidev nodes")
    func nodes() throws {
        let devices = try list("spi")
        #expect(devices.map(\.url) == ["/dev/spidev0.0"])
        #expect(devices.first?.driver == "spidev")
        #expect(devices.first?.kind == "SPI node")
    }

    @Test("What the present user may not open is said")
    func permissions() throws {
        let devices = try list(
            "adapters", ordinary: true,
            preparation: """
                chmod 600 $UMOCKDEV_DIR/dev/ttyUSB0 $UMOCKDEV_DIR/dev/bus/usb/001/002 && \
                chmod 666 $UMOCKDEV_DIR/dev/bus/usb/001/003
                """)
        #expect(devices.map(\.isPermitted) == [false, false, false, true])
    }

    @Test("For people, a line has all of it")
    func text() throws {
        let text = try MockedMachine(fixtures: ["adapters", "spi"]).run("list").text
        #expect(text.contains("/dev/ttyUSB0"))
        #expect(text.contains("serial port, driver ftdi_sio, serial number FT7ABCDE, USB 1-1:1.1"))
        #expect(text.contains("SPI node, driver spidev"))
    }
}

@Suite("FTDI URLs that ask what there is, on machines of umockdev")
struct FTDIListingTests {
    private static let all = [
        "ftdi://ftdi:2232h:FT7ABCDE/1", "ftdi://ftdi:2232h:FT7ABCDE/2", "ftdi://ftdi:232h:1:3/1",
    ]

    @Test(
        "The interfaces that the rest of the URL fits, by every command that opens a device",
        arguments: [
            (["spi", "ftdi:///?", "9f"], all), (["uart", "ftdi:///?", "-x"], all), (["gpio", "ftdi:///"], all),
            (["loopback", "ftdi://ftdi:2232h/?", "--for", "1s"], Array(all[..<2])),
            (["serprog", "ftdi://::FT7ABCDE/?"], Array(all[..<2])), (["loopback", "ftdi://ftdi:232h:1/?"], [all[2]]),
        ])
    func lists(arguments: [String], urls: [String]) throws {
        let outcome = try MockedMachine(fixtures: ["adapters"]).run(arguments)
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.first == "Available interfaces:")
        #expect(lines.dropFirst().map { String($0.split(separator: " ")[0]) } == urls)
        #expect(lines.last?.contains(urls.contains(Self.all[2]) ? "FT232H, SPI or serial" : "FT2232H") == true)
        #expect(outcome.status == 2 && outcome.errors.contains("name one of these interfaces"), "\(outcome.errors)")
    }

    @Test("None is a missing device", arguments: ["ftdi://ftdi:4232h/?", "ftdi://ftdi:2232h:3/?"])
    func none(url: String) throws {
        let outcome = try MockedMachine(fixtures: ["adapters"]).run("spi", url, "9f")
        #expect(outcome.status == 3 && outcome.text.isEmpty && outcome.errors.contains("no such device"))
    }
}

@Suite("hil doctor, on machines of umockdev")
struct DoctorCommandTests {
    /// A machine's root with what is asked of it in files.
    private static func root(udevd: Bool = true, rules: Bool = true) -> String {
        var commands = "mkdir -p $UMOCKDEV_DIR/r/run/udev $UMOCKDEV_DIR/r/etc/udev/rules.d"
        if udevd { commands += " && touch $UMOCKDEV_DIR/r/run/udev/control" }
        if rules { commands += " && touch $UMOCKDEV_DIR/r/etc/udev/rules.d/60-hilbridge.rules" }
        return commands
    }

    /// - Parameter realTime: asks for what there is to find about that, too. Whether this machine's kernel gives real-time
    ///   priority is its own affair.
    private func findings(
        _ url: String?, on fixtures: [String], _ preparation: String = root(), ordinary: Bool = false,
        realTime: Bool = false
    ) throws -> [Finding] {
        // The root lies in the machine, whose place nobody knows before it is there.
        let machine = MockedMachine(
            fixtures: fixtures, preparation: preparation + " && set -- \"$@\" --root $UMOCKDEV_DIR/r",
            isOrdinaryUser: ordinary)
        let outcome = try url.map { try machine.run("doctor", $0, "--json") } ?? machine.run("doctor", "--json")
        let findings = try JSONDecoder().decode([Finding].self, from: outcome.output)
        #expect(outcome.status == (findings.isEmpty ? 0 : 9))
        return findings.filter { realTime || $0.kind != .noRealTime }
    }

    @Test("All is well")
    func well() throws {
        #expect(
            try findings(
                nil, on: ["adapters"],
                Self.root() + " && echo 1 > $UMOCKDEV_DIR/sys/bus/usb-serial/devices/ttyUSB0/latency_timer") == [])
    }

    @Test("udevd is not running, and no rules are installed")
    func udev() throws {
        #expect(
            try findings(nil, on: [], Self.root(udevd: false, rules: false)).map(\.kind)
                == [.udevIsNotRunning, .noRules])
    }

    @Test("A latency timer of 16 ms")
    func latency() throws {
        let finding = try #require(try findings("/dev/ttyUSB0", on: ["adapters"]).first)
        #expect(finding.kind == .latencyTimer)
        #expect(finding.problem.contains("16 ms"))
        #expect(finding.cure.hasSuffix("/ttyUSB0/latency_timer"))
    }

    @Test("An interface that the kernel's driver has")
    func driver() throws {
        let found = try findings("ftdi://ftdi:2232h/2", on: ["adapters"])
        #expect(found.map(\.kind) == [.heldByDriver])
        #expect(found.first?.cure.contains("1-1:1.1") == true)
        #expect(try findings("ftdi://ftdi:2232h/1", on: ["adapters"]) == [])
    }

    @Test("A device that is not there")
    func missing() throws {
        #expect(try findings("ftdi://ftdi:4232h/1", on: ["adapters"]).map(\.kind) == [.noSuchDevice])
        #expect(try findings("/dev/ttyUSB7", on: ["adapters"]).map(\.kind) == [.noSuchDevice])
    }

    @Test("A node that the present user may not open")
    func permission() throws {
        let found = try findings(
            "/dev/spidev0.0", on: ["spi"], Self.root() + " && chmod 600 $UMOCKDEV_DIR/dev/spidev0.0", ordinary: true)
        #expect(found.map(\.kind) == [.noPermission])
    }

    @Test("A process that has the node, by its name and number")
    func holder() throws {
        // It holds the lock for as long as the shell is there, which becomes hil.
        let node = "$UMOCKDEV_DIR/dev/spidev0.0"
        let found = try findings(
            "/dev/spidev0.0", on: ["spi"],
            """
            \(Self.root()) && { flock \(node) sh -c "while kill -0 $$; do sleep 0.2; done" > /dev/null 2>&1 & } \
            && while flock -n \(node) true; do sleep 0.05; done
            """)
        #expect(found.map(\.kind) == [.heldByProcess])
        #expect(found.first?.problem.hasPrefix("in use by flock (process ") == true, "\(found)")
        #expect(found.first?.cure.hasPrefix("kill ") == true)
    }

    @Test("No real-time priority")
    func realTime() throws {
        let found = try findings(
            "/dev/spidev0.0", on: ["spi"],
            Self.root() + " && chmod 666 $UMOCKDEV_DIR/dev/spidev0.0 && prlimit --pid $$ --rtprio=0:0", ordinary: true,
            realTime: true)
        #expect(found.map(\.kind) == [.noRealTime])
        #expect(found.first?.cure.contains("rtprio") == true)
    }

    @Test("An SPI device without a driver")
    func unbound() throws {
        let found = try findings("/dev/spidev0.1", on: ["spi"])
        #expect(found.map(\.kind) == [.spidevIsNotBound])
        #expect(found.first?.cure.contains("spi0.1") == true)
    }

    @Test("spidev's bufsiz", arguments: [(4096, true), (65536, false)])
    func buffer(size: Int, isFound: Bool) throws {
        let folder = "$UMOCKDEV_DIR/sys/module/spidev/parameters"
        let found = try findings(
            "/dev/spidev0.0", on: ["spi"], Self.root() + " && mkdir -p \(folder) && echo \(size) > \(folder)/bufsiz")
        #expect(found.map(\.kind) == (isFound ? [.smallBuffer] : []))
    }
}
