import Foundation
import HardwareTest
import Testing
import VirtualHardware

@Suite("hil loopback", .timeLimit(.minutes(30)))
struct LoopbackCommandTests {
    @Test("prints what it measured, in lines without escape codes when piped")
    func report() throws {
        let outcome = try Hil.run("loopback", "virtual://spi", "--bytes", "64Ki")
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        #expect(!outcome.output.contains(0x1B))
        for line in [
            "65,536 sent, 65,536 back", "errors      none", "both ways", "MB/s", "write call", "30 MHz in force",
        ] {
            #expect(outcome.text.contains(line), "\(line) is missing")
        }
    }

    @Test("prints JSON that reads back as the result")
    func json() throws {
        let outcome = try Hil.run("loopback", "virtual://tty", "--bytes", "100000", "--json")
        #expect(outcome.status == 0)
        let result = try JSONDecoder().decode(LoopbackResult.self, from: outcome.output)
        #expect(result.isGood)
        #expect(result.bytesReceived == 100_000)
        #expect(result.bitRate == nil)
    }

    @Test("names the way to the waiter hand-over where there is no wire, and completion where there is one")
    func naming() throws {
        #expect(try Hil.run("loopback", "virtual://tty", "--bytes", "2M").text.contains("hand-over"))
        #expect(try Hil.run("loopback", "virtual://spi", "--bytes", "2M").text.contains("completion"))
    }

    @Test("sends a file, by default once and as a whole")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("data", Data((0..<70_001).map { UInt8(truncatingIfNeeded: $0 / 3) }))
        let outcome = try Hil.run("loopback", "virtual://spi", "--file", path, "--json")
        let result = try JSONDecoder().decode(LoopbackResult.self, from: outcome.output)
        #expect(result.isGood && result.bytesSent == 70_001)

        let twice = try Hil.run("loopback", "virtual://tty", "--file", path, "--bytes", "140002", "--json")
        #expect(try JSONDecoder().decode(LoopbackResult.self, from: twice.output).isGood)
    }

    @Test("sweeps over clocks, modes, sizes and patterns, with a line for each combination")
    func sweep() throws {
        let arguments = [
            "loopback", "virtual://spi", "--clock", "1M,10M", "--mode", "0,3", "--size", "64..256", "--pattern",
            "prbs7,walking-zeros", "--bytes", "2000",
        ]
        let outcome = try Hil.run(arguments)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(!outcome.output.contains(0x1B))
        #expect(outcome.text.split(separator: "\n").count == 2 + 2 * 2 * 3 * 2)
        #expect(outcome.text.contains("24 points"))
        let report = try JSONDecoder().decode(LoopbackReport.self, from: Hil.run(arguments + ["--json"]).output)
        #expect(report.isGood && report.points.count == 24)
        #expect(report.points.map(\.transferSize).prefix(3) == [64, 128, 256])
        #expect(report.points[3].result?.bitRate == 10_000_000)
    }

    @Test("writes a page and JUnit's XML, also when there were errors")
    func reports() throws {
        let folder = try TemporaryFolder()
        let outcome = try Hil.run(
            [
                "loopback", "virtual://uart?baud=3M&lose=1e-3", "--bytes", "20k", "--report", "r.html", "--junit",
                "j.xml",
            ],
            in: folder.url)
        #expect(outcome.status == 1)
        let page = try String(contentsOf: folder.url.appendingPathComponent("r.html"), encoding: .utf8)
        #expect(page.contains("bytes lost") && page.hasSuffix("</html>\n"))
        let xml = try String(contentsOf: folder.url.appendingPathComponent("j.xml"), encoding: .utf8)
        #expect(xml.contains("<failure message="))
        let unwritable = try Hil.run("loopback", "virtual://spi", "--bytes", "10", "--report", "/nonexistent/r.html")
        #expect(unwritable.status == 2 && unwritable.errors.contains("cannot be written"))
        #expect(unwritable.text.contains("1 point"))
    }

    @Test(
        "names the form of a value that has another",
        arguments: [
            ("--clock", "1M,0", "1M,10M"), ("--size", "7..3", "64..64Ki"), ("--bytes", "x", "64Ki"),
            ("--for", "1w", "15m"),
        ])
    func forms(option: String, value: String, form: String) throws {
        let outcome = try Hil.run("loopback", "virtual://spi", option, value)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("'\(value)'") && outcome.errors.contains(form))
    }

    @Test("goes on for as long as it is told, and ends at Ctrl-C with what it has")
    func soak() throws {
        // A slow machine needs longer for a second round.
        var rounds = 0
        for duration in ["0.5s", "5s", "1m"] where rounds < 2 {
            let timed = try Hil.run("loopback", "virtual://spi", "--bytes", "10k", "--for", duration, "--json")
            let report = try JSONDecoder().decode(LoopbackReport.self, from: timed.output)
            #expect(timed.status == 0 && report.isGood)
            rounds = report.rounds
        }
        #expect(rounds > 1)

        #expect(try interrupted("virtual://spi", after: 300_000).status == 130)
        // A slow machine needs longer for the first error.
        var outcome = (status: Int32(130), isGood: true)
        for pause in [UInt32(300_000), 3_000_000, 60_000_000] where outcome.isGood {
            outcome = try interrupted("virtual://spi?flip=1e-3", after: pause)
            #expect(outcome.status == (outcome.isGood ? 130 : 1))
        }
        #expect(!outcome.isGood)
    }

    /// A soak that is interrupted after so many microseconds.
    private func interrupted(_ url: String, after pause: UInt32) throws -> (status: Int32, isGood: Bool) {
        let output = Pipe()
        let process = try Hil.start(["loopback", url, "--bytes", "100k", "--for", "8h", "--json"], output: output)
        // A signal before it has begun to listen would end it at once; so it is sent until it is over.
        while process.isRunning {
            usleep(pause)
            process.interrupt()
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let report = try JSONDecoder().decode(LoopbackReport.self, from: data)
        #expect(report.interrupted)
        return (process.terminationStatus, report.isGood)
    }

    @Test("shows its progress on a terminal, in colour unless NO_COLOR says otherwise", arguments: [true, false])
    func progress(isColoured: Bool) throws {
        let terminal = try #require(PtyPair())
        let process = try Hil.start(
            ["loopback", "virtual://spi?flip=1e-3&speed=1M", "--seconds", "0.3", "--pattern", "counter,random"],
            errors: FileHandle(forWritingAtPath: terminal.path),
            environment: ["NO_COLOR": isColoured ? "" : "1"])
        process.waitUntilExit()
        var shown = ""
        while !shown.contains("point 2 of 2") {
            shown += String(decoding: terminal.read(1), as: UTF8.self)
        }
        while !shown.contains("bytes wrong") { shown += String(decoding: terminal.read(1), as: UTF8.self) }
        #expect(shown.contains("\u{1B}[31m") == isColoured)
    }

    @Test("asks for as much as takes the given time at the line's rate")
    func seconds() throws {
        let outcome = try Hil.run("loopback", "virtual://uart?baud=100k", "--seconds", "0.5", "--json")
        let result = try JSONDecoder().decode(LoopbackResult.self, from: outcome.output)
        #expect(result.isGood && result.bytesSent == 5000)
    }

    @Test("sends packets, and prints their rate, latency, highest-used counts and drops")
    func packets() throws {
        let outcome = try Hil.run("loopback", "virtual://spi", "--packets", "--bytes", "64Ki", "--framing", "slip")
        #expect(outcome.status == 0)
        for line in [
            "packets framed by slip", "back in order", "errors      none", "dropped     none", "packets/s", "latency",
            "most used   mailbox",
        ] {
            #expect(outcome.text.contains(line), "\(line) is missing")
        }
        let json = try Hil.run("loopback", "virtual://tty", "--packets", "--bytes", "20k", "--longest", "1k", "--json")
        #expect(try JSONDecoder().decode(PacketLoopbackResult.self, from: json.output).isGood)

        let bad = try Hil.run("loopback", "virtual://spi?flip=1e-3", "--packets", "--bytes", "20k")
        #expect(bad.status == 1)
        #expect(bad.text.contains("damaged"))
    }

    @Test("ends with 1 when data came back wrong")
    func dataErrors() throws {
        let outcome = try Hil.run("loopback", "virtual://spi?flip=1e-3", "--bytes", "50k")
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("the first at byte"))
    }

    @Test(
        "has one line and a status for each thing that can be wrong",
        arguments: [
            (["loopback"], 2, "Missing expected argument"),
            (["loopback", "nonsense"], 2, "not a device"),
            (["loopback", "virtual://nonsense"], 2, "no such virtual device"),
            (["loopback", "virtual://spi?colour=red"], 2, "unknown setting"),
            (["loopback", "virtual://spi?speed=fast"], 2, "no rate"),
            (["loopback", "virtual://spi", "--pattern", "tartan"], 2, "no pattern"),
            (["loopback", "virtual://spi", "--file", "/nonexistent"], 2, "cannot be read"),
            (["loopback", "virtual://spi", "--bytes", "0"], 2, "--bytes"),
            (["loopback", "virtual://spi", "--bytes", "10", "--seconds", "1"], 2, "not both"),
            (["loopback", "virtual://spi", "--packets", "--file", "x"], 2, "without it"),
            (["loopback", "virtual://spi", "--framing", "slip"], 2, "with --packets"),
            (["loopback", "virtual://spi", "--packets", "--framing", "tar"], 2, "'slip', 'start-end' or 'length'"),
            (["loopback", "virtual://spi", "--packets", "--longest", "7"], 2, "8 to 65535"),
            (["loopback", "virtual://spi", "--packets", "--for", "1h"], 2, "--packets go without"),
            (["loopback", "virtual://spi", "--clock", "1M..x"], 2, "--clock"),
            (["loopback", "virtual://spi", "--mode", "4"], 2, "0 to 3"),
            (["loopback", "virtual://spi", "--baud", "9600"], 2, "an SPI bus has a --clock"),
            (["loopback", "virtual://uart", "--clock", "1M"], 2, "a serial port has a --baud"),
            (["loopback", "virtual://uart", "--mode", "1"], 2, "mode"),
            (["loopback", "virtual://spi", "--for", "soon"], 2, "--for"),
            (["loopback", "virtual://uart", "--baud", "13M,1M"], 8, "not supported"),
            (["loopback", "virtual://spi?unplug=100", "--size", "16"], 7, "device lost"),
            (["loopback", "virtual://uart?stall=100", "--timeout", "0.2", "--size", "16"], 6, "timed out"),
            (["loopback", "/dev/null"], 2, "not a serial port"),
            (["loopback", "/SPI9/"], 3, "the board has"),
            (["loopback", "/dev/ttyNONE"], 3, "no such device"),
            (["loopback", "virtual://uart?stall=100", "--timeout", "0.2"], 6, "timed out"),
            (["loopback", "virtual://spi?stall=100", "--timeout", "0.2"], 6, "timed out"),
            (["loopback", "virtual://uart?stall=100", "--packets", "--timeout", "0.2"], 6, "timed out"),
            (["loopback", "virtual://uart?unplug=100", "--packets"], 7, "device lost"),
            (["loopback", "virtual://spi?unplug=100", "--packets"], 7, "device lost"),
            (["loopback", "virtual://uart?unplug=100"], 7, "device lost"),
            (["loopback", "virtual://spi?unplug=100"], 7, "device lost"),
            (["loopback", "virtual://spi?speed=100"], 8, "slowest clock"),
            (["loopback", "virtual://uart?baud=13M"], 8, "not supported"),
        ])
    func failures(arguments: [String], status: Int32, message: String) throws {
        let outcome = try Hil.run(arguments)
        #expect(outcome.status == status)
        #expect((outcome.errors + outcome.text).contains(message), "\(outcome.errors)")
        if status > 2 { #expect(outcome.errors.split(separator: "\n").count <= 1) }
    }

    @Test("takes a board's names")
    func board() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("board.yaml", Data("peripherals:\n  /FLASH/: virtual://spi?speed=1M\n".utf8))
        let outcome = try Hil.run("loopback", "/FLASH/", "--bytes", "1000", in: folder.url)
        #expect(outcome.status == 0)
        #expect(outcome.text.contains("1 MHz in force"))
        #expect(try Hil.run("loopback", "/SPI0/", "--bytes", "1000").status == 0)
    }

    @Test("tells who has the port")
    func busy() throws {
        let line = try #require(PtyPair())
        let input = Pipe()
        let holder = try Hil.start(["uart", line.path], input: input)
        defer { holder.terminate() }
        try input.fileHandleForWriting.write(contentsOf: Data("x".utf8))
        // Once a byte has come through, it has the port.
        #expect(line.read(1) == Array("x".utf8))
        let outcome = try Hil.run("loopback", line.path, "--bytes", "1")
        #expect(outcome.status == 5)
        #expect(outcome.errors.contains("process \(holder.processIdentifier)"), "\(outcome.errors)")
    }
}
