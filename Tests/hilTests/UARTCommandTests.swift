import Foundation
import Testing
import VirtualHardware

@Suite("hil uart", .timeLimit(.minutes(30)))
struct UARTCommandTests {
    @Test("passes every byte value through and back", arguments: ["virtual://uart?baud=12M", "virtual://tty"])
    func binary(url: String) throws {
        let data = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) })
        let outcome = try Hil.run("uart", url, "-x", input: data)
        #expect(outcome.status == 0)
        #expect(outcome.output == data)
        #expect(outcome.errors.isEmpty)
    }

    @Test("takes tio's letters")
    func letters() throws {
        let arguments = ["uart", "virtual://uart", "-b", "1M", "-d", "7", "-p", "even", "-s", "2", "-f", "none", "-x"]
        let outcome = try Hil.run(arguments, input: Data("letters".utf8))
        #expect(outcome.status == 0)
        #expect(outcome.text == "letters")
    }

    @Test("joins a port to the pipe: out of the far end comes what goes in, and the other way round")
    func bothWays() throws {
        let line = try #require(PtyPair())
        let (input, output) = (Pipe(), Pipe())
        let process = try Hil.start(["uart", line.path], input: input, output: output)
        try input.fileHandleForWriting.write(contentsOf: Data("to the wire".utf8))
        #expect(line.read(11) == Array("to the wire".utf8))
        line.write(Array("from the wire".utf8))
        #expect(try output.fileHandleForReading.read(upToCount: 13) == Data("from the wire".utf8))
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("ends with 7 when the far end hangs up")
    func hangUp() throws {
        let line = try #require(PtyPair())
        let input = Pipe()
        let process = try Hil.start(["uart", line.path], input: input)
        try input.fileHandleForWriting.write(contentsOf: Data("x".utf8))
        #expect(line.read(1) == Array("x".utf8))
        line.hangUp()
        process.waitUntilExit()
        #expect(process.terminationStatus == 7)
    }

    @Test("refuses what is no serial port, and settings that there are not")
    func refusals() throws {
        #expect(try Hil.run("uart", "virtual://spi").status == 2)
        #expect(try Hil.run("uart", "virtual://uart", "-d", "9").status == 2)
        #expect(try Hil.run("uart", "virtual://uart", "-p", "perhaps").status == 2)
        #expect(try Hil.run("uart", "virtual://uart", "-b", "20M").status == 8)
    }

    @Test("sends, and prints what came in up to what was expected")
    func expects() throws {
        let outcome = try Hil.run(
            "uart", "virtual://uart", "--send", #"one\r\ntwo\r\n"#, "--expect", #"t\w+\r"#, "--timeout", "60")
        #expect(outcome.status == 0)
        #expect(outcome.text == "one\r\ntwo\r")
        let matching = try Hil.run(
            "uart", "virtual://uart", "--send", #"v=1.2;"#, "--expect", #"[0-9.]+;"#, "--only-matching")
        #expect(matching.text == "1.2;" && matching.status == 0)
    }

    @Test("goes through several steps, each with the answer of a device")
    func dialogue() throws {
        let line = try #require(PtyPair())
        let output = Pipe()
        let process = try Hil.start(
            [
                "uart", line.path, "--send", #"AT\r"#, "--expect", "OK|ERROR", "--send", #"\xff\0"#, "--expect",
                #"\x{fe}"#,
            ], output: output)
        #expect(line.read(3) == Array("AT\r".utf8))
        line.write(Array("\r\nOK\r\n".utf8))
        #expect(line.read(2) == [0xFF, 0])
        line.write([0xFD, 0xFE, 0x01])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let shown = output.fileHandleForReading.readDataToEndOfFile()
        #expect(shown == Data(Array("\r\nOK".utf8) + Array("\r\n".utf8) + [0xFD, 0xFE]))
    }

    @Test("ends with 6 when what is expected does not come, with 7 when the port goes, and shows what came")
    func expectsInVain() throws {
        let late = try Hil.run("uart", "virtual://uart", "--send", "no", "--expect", "yes", "--timeout", "0.3")
        #expect(late.status == 6 && late.text == "no")
        #expect(late.errors == "hil: timed out\n")
        let line = try #require(PtyPair())
        let process = try Hil.start(["uart", line.path, "--send", "x", "--expect", "y"])
        #expect(line.read(1) == Array("x".utf8))
        line.hangUp()
        process.waitUntilExit()
        #expect(process.terminationStatus == 7)
    }

    @Test("refuses what does not go together")
    func scriptRefusals() throws {
        for wrong in [
            ["--timeout", "1"], ["--only-matching"], ["--send", #"\q"#], ["--expect", "("], ["-x", "--send", "a"],
            ["--expect", "a", "--timeout", "0"], ["-m", "NONE"], ["--timestamp-format", "never"],
        ] { #expect(try Hil.run(["uart", "virtual://uart"] + wrong).status == 2, "\(wrong)") }
    }
}
