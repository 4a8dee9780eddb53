import Testing

@testable import hil

@Suite("Notation of SPI transactions")
struct SPINotationTests {
    private let notation = SPINotation { path in
        path == "-" ? [0x11, 0x22] : path == "page" ? [0xAA] : []
    }

    private func parse(_ line: String) throws -> [SPITransaction] {
        try notation.transactions(line.split(separator: " "))
    }

    @Test("bytes come with or without 0x, one by one or together; reads, delays and repeats between them")
    func words() throws {
        #expect(
            try parse("9f r3 / 05 r1") == [
                SPITransaction(parts: [.send([0x9F]), .receive(3)]), SPITransaction(parts: [.send([5]), .receive(1)]),
            ])
        #expect(
            try parse("0x03 000000 0 0XfF r:4k") == [
                SPITransaction(parts: [.send([3, 0, 0, 0, 0, 0xFF]), .receive(4000)])
            ])
        #expect(
            try parse("05 r1 x10 / wait:5ms / 06 wait:1us 04")
                == [
                    SPITransaction(parts: [.send([5]), .receive(1)], count: 10),
                    SPITransaction(parts: [.wait(5_000_000)]),
                    SPITransaction(parts: [.send([6]), .wait(1000), .send([4])]),
                ])
        #expect(try parse("02 @page - / /") == [SPITransaction(parts: [.send([2, 0xAA, 0x11, 0x22])])])
        #expect(try parse("").isEmpty)
    }

    @Test("what a transaction is as a whole")
    func whole() throws {
        let transaction = try #require(try parse("0304 wait:2us r10 05").first)
        #expect(transaction.sent == [3, 4, 5] && transaction.length == 13 && transaction.waiting == 2000)
        #expect(transaction.receives && !SPITransaction(parts: [.send([1])]).receives)
    }

    @Test(
        "what cannot be understood is named",
        arguments: [
            "9g", "0x", "9f0", "r", "r0", "r-1", "rx", "r1.5", "x0", "x", "wait:", "wait:5", "wait:-1s", "w5", "x3",
            "9f x2 03", "r300M", "é9",
        ])
    func refused(line: String) {
        #expect(throws: UsageError.self) { try parse(line) }
    }

    @Test("a script has a transaction or several in a line, and comments; errors name the line")
    func script() throws {
        let script = "# identify\n9f r3\n\n06 / 20 000000   # erase\r\n\twait:1ms\n"
        #expect(try notation.transactions(script: script).map(\.parts.count) == [2, 1, 1, 1])
        #expect {
            try notation.transactions(script: "05\nxyz")
        } throws: { error in
            (error as? UsageError)?.message.hasPrefix("line 2: ") == true
        }
    }

    @Test("spidev_test's text")
    func escaped() throws {
        #expect(try SPINotation.escaped(#"\x9f1234\xde\xad"#) == [0x9F, 0x31, 0x32, 0x33, 0x34, 0xDE, 0xAD])
        for text in [#"\"#, #"\x"#, #"\x9"#, #"\xzz"#, #"\n12"#] {
            #expect(throws: UsageError.self) { try SPINotation.escaped(text) }
        }
    }

    @Test("a short row of bytes is a line, a long one a dump as hexdump -C prints it")
    func dump() {
        #expect(HexDump.text([0xEF, 0x40, 0x15]) == "ef 40 15")
        let lines = HexDump.text(Array("0123456789abcdef\u{0}x".utf8)).split(separator: "\n")
        #expect(lines[0] == "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|")
        #expect(lines[1] == "00000010  00 78                                             |.x|")
    }

    @Test(
        "rates are told with four digits",
        arguments: [
            (458, "458 Hz"), (1000, "1 kHz"), (1_500_000, "1.5 MHz"), (30_000_000, "30 MHz"), (7_058_824, "7.059 MHz"),
            (999_999, "1000 kHz"), (12_345, "12.35 kHz"),
        ])
    func rates(hertz: UInt32, text: String) {
        #expect(Frequency.text(hertz) == text)
    }
}
