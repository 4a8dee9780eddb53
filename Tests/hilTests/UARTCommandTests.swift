import Foundation
import Testing
import VirtualHardware

@Suite("hil uart", .timeLimit(.minutes(10)))
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
}
