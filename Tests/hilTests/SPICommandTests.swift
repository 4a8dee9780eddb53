import Foundation
import Testing

@Suite("hil spi", .timeLimit(.minutes(30)))
struct SPICommandTests {
    private func output(_ line: String, input: Data = Data()) throws -> String {
        let outcome = try Hil.run(["spi"] + line.split(separator: " ").map(String.init), input: input)
        #expect(outcome.status == 0, "\(line): \(outcome.errors)")
        return outcome.text
    }

    @Test("reads a flash's identification, and tells the clock in force on standard error")
    func identifies() throws {
        let outcome = try Hil.run("spi", "virtual://flash", "9f", "--read", "3")
        #expect(outcome.status == 0 && outcome.text == "ef 40 15\n")
        #expect(outcome.errors == "virtual://flash: 30 MHz in force, mode 0\n")
        let slow = try Hil.run("spi", "virtual://flash", "9f", "r3", "-s", "7M", "-m", "2")
        #expect(slow.errors == "virtual://flash: 6 MHz in force, mode 2\n")
        #expect(try Hil.run("spi", "virtual://flash", "9f", "r3", "-q").errors.isEmpty)
    }

    @Test("does several transactions in a line, each under its own chip select")
    func several() throws {
        #expect(
            try output("virtual://flash 06 / 02 000010 cafe / wait:2ms / 03 000010 r2 / 05 r1 x2")
                == "ca fe\n00\n00\n")
        #expect(try output("virtual://flash 9f r1 r2") == "ef 40 15\n")
        #expect(try output("virtual://flash 9f r1 wait:1ms r2 / 05 r1 -I 2") == "ef 40 15\n00\nef 40 15\n00\n")
    }

    @Test(
        "is full duplex where nothing is asked for, on every virtual bus",
        arguments: ["virtual://spi", "virtual://ft232h"])
    func duplex(url: String) throws {
        #expect(try output("\(url) 01 0203 0x4") == "01 02 03 04\n")
        #expect(try output("\(url) 01 wait:1ms 02 / 03") == "01 02\n03\n")
        #expect(try output("\(url) -p A\\x42 -v") == "> 41 42\n< 41 42\n")
        #expect(try output("\(url) --read 2") == "ff ff\n")
        #expect(try output("\(url) 01 02 / 03 --hold") == "01 02\n03\n")
    }

    @Test("takes bytes from a pipe and a file, as they are, and gives them back so")
    func binary() throws {
        let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) })
        #expect(try Hil.run("spi", "virtual://ft232h", input: bytes).output == bytes)
        #expect(try Hil.run("spi", "virtual://spi", "--block", "3000", input: bytes).output == bytes)
        let folder = try TemporaryFolder()
        let path = try folder.write("data", bytes)
        let copy = folder.url.appendingPathComponent("copy").path
        let outcome = try Hil.run("spi", "-D", "virtual://spi", "-i", path, "-o", copy)
        #expect(outcome.status == 0 && outcome.output.isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == bytes)
        #expect(try Hil.run("spi", "virtual://spi", "ff", "@" + path, "--binary").output == Data([0xFF]) + bytes)
        let dump = try output("virtual://spi - --hex", input: Data("hello, hardware!!".utf8))
        #expect(dump.hasPrefix("00000000  68 65 6c 6c 6f 2c 20 68  61 72 64 77 61 72 65 21  |hello, hardware!|\n"))
    }

    private struct Report: Decodable {
        struct Transaction: Decodable {
            var sent: String
            var received: String
        }
        var device: String
        var speed: Int
        var mode: Int
        var transactions: [Transaction]
    }

    @Test("prints JSON")
    func json() throws {
        let text = try output("virtual://flash?speed=1M 9f r3 / 05 r1 --json")
        let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        #expect(report.device == "virtual://flash" && report.speed == 1_000_000 && report.mode == 0)
        #expect(report.transactions.map(\.sent) == ["9f", "05"])
        #expect(report.transactions.map(\.received) == ["ef4015", "00"])
    }

    @Test("does what a script says, from a file or a pipe")
    func script() throws {
        let script = Data("9f r3  # who is it?\n\n06 / 05 r1 x2\n".utf8)
        let folder = try TemporaryFolder()
        #expect(try output("virtual://flash --script \(folder.write("script", script))") == "ef 40 15\n02\n02\n")
        #expect(try output("virtual://flash --script -", input: script) == "ef 40 15\n02\n02\n")
        let bad = try Hil.run("spi", "virtual://flash", "--script", "-", input: Data("9f\nxyz\n".utf8))
        #expect(bad.status == 2 && bad.errors.contains("line 2"))
    }

    @Test("ends with 1 when something else comes in than was expected, or than was sent")
    func expectations() throws {
        #expect(try Hil.run("spi", "virtual://flash", "9f", "r3", "--expect", "ef 40 15").status == 0)
        let other = try Hil.run("spi", "virtual://flash", "9f", "r3", "--expect", "ef4017")
        #expect(other.status == 1 && other.errors.contains("byte 2 came in as 15, not 17"))
        #expect(try Hil.run("spi", "virtual://flash", "9f", "r3", "--expect", "ef40").status == 1)
        let good = try Hil.run("spi", "virtual://ft232h", "-l", "-S", "4096", "-I", "10")
        #expect(good.status == 0 && good.text.isEmpty)
        #expect(good.errors.contains("40,960 bytes in 10 transactions, "))
        let bad = try Hil.run("spi", "virtual://ft232h?flip=1e-2", "-l", "-S", "4096")
        #expect(bad.status == 1 && bad.errors.contains("transaction 1: byte "))
    }

    @Test("takes spidev_test's letters")
    func letters() throws {
        #expect(try output("-D virtual://ft232h -s 500k -O -b 8 -C -d 10 -p \\x9f\\x01 -v") == "> 9f 01\n< 9f 01\n")
        #expect(try output("virtual://ft232h -N 01") == "01\n")
        #expect(try output("virtual://ft232h -L 01") == "01\n")
        #expect(try output("virtual://flash --cs 1 9f r3") == "ff ff ff\n")
        #expect(try output("virtual://ft232h?cpha=three-phase -H -O 01") == "01\n")
    }

    @Test(
        "has one line and a status for each thing that can be wrong",
        arguments: [
            (["spi"], 2, "no device"),
            (["spi", "virtual://flash"], 2, "nothing to send"),
            (["spi", "virtual://flash", "9g"], 2, "no byte in hex"),
            (["spi", "virtual://flash", "9f", "-p", "x"], 2, "bytes go without"),
            (["spi", "virtual://flash", "-p", "x", "-S", "1"], 2, "Give one of"),
            (["spi", "virtual://flash", "9f", "-m", "4"], 2, "0 to 3"),
            (["spi", "virtual://flash", "9f", "-m", "0", "-H"], 2, "not both"),
            (["spi", "virtual://flash", "9f", "-s", "fast"], 2, "no rate"),
            (["spi", "virtual://flash", "9f", "-d", "soon"], 2, "--delay"),
            (["spi", "virtual://flash", "@/nonexistent"], 2, "No such file"),
            (["spi", "virtual://flash", "9f", "--block", "2"], 2, "--block goes with"),
            (["spi", "virtual://flash", "9f", "--read", "0"], 2, "1 to 256Mi"),
            (["spi", "virtual://flash", "9f", "-o", "/nonexistent/x"], 2, "No such file"),
            (["spi", "virtual://spi", "9f", "-L"], 2, "unknown setting"),
            (["spi", "virtual://uart", "9f"], 2, "takes an SPI controller"),
            (["spi", "/SPI9/", "9f"], 3, "the board has"),
            (["spi", "virtual://spi?stall=2", "010203", "--timeout", "0.2"], 6, "timed out"),
            (["spi", "virtual://ft232h?nak=500", "-S", "4096", "--timeout", "0.2"], 6, "timed out"),
            (["spi", "virtual://spi?unplug=2", "010203"], 7, "device lost"),
            (["spi", "virtual://flash", "9f", "-m", "1"], 8, "modes 0 and 2 only"),
            (["spi", "virtual://flash", "9f", "-b", "16"], 8, "8 bits only"),
            (["spi", "virtual://flash", "9f", "-s", "50"], 8, "slowest clock"),
        ])
    func failures(arguments: [String], status: Int32, message: String) throws {
        let outcome = try Hil.run(arguments)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("ends at Ctrl-C, also while it waits")
    func interrupted() throws {
        for word in ["wait:1000s", "-"] {
            let output = Pipe()
            let input = Pipe()
            let arguments = ["spi", "virtual://spi?stall=100", "01", "/", word, "--hex", "--timeout", "1000"]
            let process = try Hil.start(arguments, input: input, output: output)
            if word == "-" { try input.fileHandleForWriting.write(contentsOf: Data(count: 200)) }
            try input.fileHandleForWriting.close()
            // The first transaction is over: the second is under way, or will be.
            #expect(output.fileHandleForReading.availableData == Data("01\n".utf8))
            process.interrupt()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
        }
    }
}
