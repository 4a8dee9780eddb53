import Foundation
import PeripheralIO
import Testing
import VirtualHardware

@Suite("hil trace, hil replay and --trace", .timeLimit(.minutes(30)))
struct TraceCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

    /// What one of sigrok's decoders makes of waves.
    private func decoded(_ file: String, _ decoder: String, _ what: String) throws -> [UInt8] {
        let process = Process()
        let tool = "/usr/bin/sigrok-cli"
        try #require(FileManager.default.isExecutableFile(atPath: tool), "scripts/setup test installs sigrok-cli")
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = ["-I", "vcd", "-i", file, "-P", decoder, "-B", what]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return [UInt8](bytes)
    }

    private func random(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 7)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    @Test(
        "sigrok's SPI decoder finds in the waves exactly the bytes that were sent and received",
        arguments: [
            ("virtual://spi", "30M", 0, "msb"), ("virtual://spi", "7M", 1, "msb"), ("virtual://spi", "1M", 3, "msb"),
            ("virtual://ft232h", "30M", 2, "msb"), ("virtual://ft232h", "12M", 0, "lsb"),
        ])
    func spiWaves(url: String, speed: String, mode: Int, order: String) throws {
        let bytes = random(300)
        let data = try folder.write("data", Data(bytes))
        let vcd = path("waves.vcd")
        let arguments = ["spi", url, "@" + data, "/", "5a", "-s", speed, "-m", "\(mode)", "--trace", vcd, "--binary"]
        #expect(try Hil.run(arguments + (order == "lsb" ? ["-L"] : [])).output == Data(bytes + [0x5A]))
        let decoder =
            "spi:clk=SCK:mosi=MOSI:miso=MISO:cs=CS:cpol=\(mode / 2):cpha=\(mode % 2):bitorder=\(order)-first"
        #expect(try decoded(vcd, decoder, "spi=mosi") == bytes + [0x5A])
        #expect(try decoded(vcd, decoder, "spi=miso") == bytes + [0x5A])
        #expect(!FileManager.default.fileExists(atPath: vcd + ".part"))
    }

    @Test("what a command to a flash reads is on MISO, behind what nobody looked at")
    func flashWaves() throws {
        let vcd = path("flash.vcd")
        #expect(
            try Hil.run("spi", "virtual://flash", "9f", "r3", "/", "05", "wait:1ms", "r1", "--trace", vcd).status == 0)
        let decoder = "spi:clk=SCK:mosi=MOSI:miso=MISO:cs=CS"
        #expect(try decoded(vcd, decoder, "spi=mosi") == [0x9F, 0xFF, 0xFF, 0xFF, 0x05, 0xFF])
        #expect(try decoded(vcd, decoder, "spi=miso") == [0, 0xEF, 0x40, 0x15, 0, 0])
    }

    @Test(
        "sigrok's UART decoder does so with a serial line",
        arguments: [("115200", 8, "none", 1), ("3M", 8, "even", 1), ("9600", 7, "odd", 2)])
    func uartWaves(baud: String, bits: Int, parity: String, stops: Int) throws {
        let bytes = random(200).map { $0 & (bits == 7 ? 0x7F : 0xFF) }
        let vcd = path("line.vcd")
        let outcome = try Hil.run(
            [
                "uart", "virtual://uart", "-b", baud, "-d", "\(bits)", "-p", parity, "-s", "\(stops)", "-x", "--trace",
                vcd,
            ],
            input: Data(bytes))
        #expect(outcome.status == 0 && outcome.output == Data(bytes))
        let rate = baud == "3M" ? "3000000" : baud
        let decoder =
            "uart:tx=TX:rx=RX:baudrate=\(rate):data_bits=\(bits):parity=\(parity):stop_bits=\(stops).0"
        #expect(try decoded(vcd, decoder, "uart=tx") == bytes)
        #expect(try decoded(vcd, decoder, "uart=rx") == bytes)
    }

    @Test("a loopback test can be traced, and all of it is there", arguments: ["virtual://spi", "virtual://uart"])
    func loopback(url: String) throws {
        let lines = path("loopback.jsonl")
        #expect(try Hil.run("loopback", url, "--bytes", "50000", "--trace", lines).status == 0)
        let trace = try Trace(file: lines)
        var (sent, received) = ([UInt8](), [UInt8]())
        for event in trace.events {
            switch event.what {
            case .transfer(let out, _, let into): (sent, received) = (sent + out, received + into)
            case .sent(let bytes): sent += bytes
            case .received(let bytes): received += bytes
            case .speed, .hold: break
            }
        }
        #expect(sent.count == 50000 && received == sent)
    }

    @Test("JSON lines are shown as text, and drawn as waves later")
    func shown() throws {
        let lines = path("id.jsonl")
        #expect(try Hil.run("spi", "virtual://flash", "9f", "r3", "/", "06", "--trace", lines).status == 0)
        let text = try Hil.run("trace", lines).text.split(separator: "\n")
        #expect(text.count == 3 && text[0].hasPrefix("virtual://flash  SPI mode 0, 30000000 bit/s, 20"))
        #expect(text[1].hasSuffix(" µs  > 9f  < ef 40 15") && text[2].hasSuffix(" µs  > 06"))
        let waves = try Hil.run("trace", lines, "--vcd", "-").text
        #expect(waves.contains("$timescale 1 ns $end") && waves.contains("$var wire 1 $ MISO $end"))
        #expect(try Hil.run("trace", lines, "--bytes", "1").text.contains("< ef … (3 bytes)"))
    }

    @Test("a recorded session is a device that answers the same, and tells the first difference")
    func replayedBus() throws {
        let lines = path("flash.jsonl")
        let words = ["06", "/", "02", "000000", "cafe", "/", "wait:2ms", "/", "03", "000000", "r2"]
        #expect(try Hil.run(["spi", "virtual://flash"] + words + ["--trace", lines]).text == "ca fe\n")
        #expect(try Hil.run(["spi", "replay://" + lines] + words).text == "ca fe\n")
        #expect(try Hil.run(["spi", "replay://flash.jsonl"] + words, in: folder.url).text == "ca fe\n")
        for (words, message) in [
            (["06", "/", "02", "000000", "caff", "/", "05", "r1"], "transfer 2, byte 5: ff was sent, fe recorded"),
            (["06", "00"], "transfer 1 has 2 bytes, 1 were recorded"),
            (words + ["/", "05", "r1"], "transfer 4 was not recorded: the session has 3"),
        ] {
            let outcome = try Hil.run(["spi", "replay://" + lines] + words)
            #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
        }
        // The other way round: the session on a device.
        #expect(try Hil.run("replay", lines, "virtual://flash").status == 0)
        let other = try Hil.run("replay", lines, "virtual://spi", "--fast")
        #expect(other.status == 1 && other.errors.contains("transfer 3: byte 0 came in as ff, not ca"))
    }

    @Test("so is one of a serial line")
    func replayedLine() throws {
        let lines = path("line.jsonl")
        let input = Data("AT\r\nOK\r\n".utf8)
        #expect(try Hil.run(["uart", "virtual://uart", "-x", "--trace", lines], input: input).output == input)
        #expect(try Hil.run(["uart", "replay://" + lines, "-x"], input: input).output == input)
        let other = try Hil.run(["uart", "replay://" + lines, "-x"], input: Data("AT\r\nOh\r\n".utf8))
        #expect(other.status == 1 && other.errors.contains("byte 5: 68 was sent, 4b recorded"), "\(other.errors)")
        #expect(try Hil.run("replay", lines, "virtual://uart?baud=115200").status == 0)
        let lossy = try Hil.run("replay", lines, "virtual://uart?baud=115200&lose=1", "--timeout", "0.2")
        #expect(lossy.status == 1 && lossy.errors.contains("nothing came in"), "\(lossy.errors)")
    }

    @Test(
        "what cannot be read is named with its line",
        arguments: [
            ("", "it is empty"), ("hello\n", "its first line"), ("{\"trace\":2}\n", "its first line"),
            (
                """
                {"trace":1,"device":"x","speed":1000,"bus":"spi","mode":0,"startedAt":""}
                {"at":1,"sent":"9"}
                """, "line 2"
            ),
            (
                """
                {"trace":1,"device":"x","speed":1000,"bus":"spi","mode":0,"startedAt":""}

                {"at":1,"sent":"9f","received":"00ff"}
                """, "line 3"
            ),
            (
                """
                {"trace":1,"device":"x","speed":1000,"bus":"uart","databits":8,"parity":"none","stopbits":1,"startedAt":""}
                {"at":1}
                """, "line 2"
            ),
        ])
    func malformed(text: String, message: String) throws {
        let file = try folder.write("bad.jsonl", Data(text.utf8))
        for arguments in [["trace", file], ["replay", file, "virtual://spi"], ["spi", "replay://" + file, "00"]] {
            let outcome = try Hil.run(arguments)
            #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome.errors)")
        }
        #expect(try Hil.run("trace", path("missing")).status == 2)
        let unwritable = try Hil.run("spi", "virtual://spi", "00", "--trace", path("missing/x"))
        #expect(unwritable.status == 2 && unwritable.errors.contains("cannot be written"))
        let unopened = try Hil.run("spi", "virtual://flash", "9f", "-m", "1", "--trace", path("none.vcd"))
        #expect(unopened.status == 8 && unopened.errors.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: path("none.vcd.part")))
    }
}
