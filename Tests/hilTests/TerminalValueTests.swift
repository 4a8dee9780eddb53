import Foundation
import Testing

@testable import hil

@Suite("Terminal keys")
struct TerminalKeysTests {
    private func actions(_ keys: String) -> [TerminalKeys.Action] {
        var state = TerminalKeys()
        return keys.utf8.map { state.press($0) }.filter { $0 != .nothing }
    }

    @Test("send what is typed, but for ctrl-t and the key behind it")
    func plain() {
        #expect(actions("a\u{3}\r") == [.send(0x61), .send(3), .send(0x0D)])
        #expect(actions("\u{14}qx") == [.command(.quit), .send(0x78)])
        #expect(actions("\u{14}\u{14}q") == [.send(0x14), .send(0x71)])
        #expect(actions("\u{14}!a") == [.unknown(0x21), .send(0x61)])
    }

    @Test("ask which line is meant")
    func lines() {
        #expect(actions("\u{14}gd") == [.command(.askForLine(isPulse: false)), .command(.toggleLine(.dtr))])
        #expect(actions("\u{14}p1") == [.command(.askForLine(isPulse: true)), .command(.pulseLine(.rts))])
        #expect(actions("\u{14}gxd") == [.command(.askForLine(isPulse: false)), .unknown(0x78), .send(0x64)])
    }

    @Test("have every key of tio's that the help lists")
    func help() {
        for line in TerminalKeys.help {
            let key = line.split(separator: " ")[1]
            guard key != "ctrl-t" else { continue }
            guard case .command = actions("\u{14}\(key)").first else {
                Issue.record("\(line)")
                continue
            }
        }
    }

    @Test("two hexadecimal digits make a byte")
    func hex() {
        var input = HexInput()
        #expect(Array("4 1xFf0".utf8).compactMap { input.type($0) } == [0x41, 0xFF])
        #expect(input.type(UInt8(ascii: "a")) == 0x0A)
    }
}

@Suite("Character maps")
struct LineMapTests {
    @Test(
        "do what tio's flags say",
        arguments: [
            ("ICRNL", "a\r\n", "a\n\n"), ("IGNCR", "a\r\n", "a\n"), ("INLCR", "a\n", "a\r"),
            ("INLCRNL", "a\nb", "a\r\nb"), ("igncr,inlcrnl", "a\r\n", "a\r\n"),
        ])
    func received(flags: String, text: String, shown: String) throws {
        let map = try #require(LineMap(argument: flags))
        #expect(text.utf8.flatMap { map.received($0) } == Array(shown.utf8))
    }

    @Test(
        "do what tio's flags say to what is typed",
        arguments: [
            ("OCRNL", "a\r", "a\n"), ("OIGNCR", "a\r\n", "a\n"), ("ONLCRNL", "a\n", "a\r\n"), ("ONLCR", "\n", "\r"),
            ("ODELBS", "\u{7F}", "\u{8}"), ("OLTU", "aZ9", "AZ9"), ("OCRNL,OLTU", "ab\r", "AB\n"),
        ])
    func typed(flags: String, text: String, sent: String) throws {
        let map = try #require(LineMap(argument: flags))
        #expect(text.utf8.flatMap { map.typed($0) } == Array(sent.utf8))
        #expect(text.utf8.flatMap { LineMap().typed($0) } == Array(text.utf8))
    }

    @Test("are refused if there is no such flag")
    func unknown() {
        #expect(LineMap(argument: "ICRNL,ITALIC") == nil)
    }
}

@Suite("Terminal view")
struct TerminalViewTests {
    private let start = Date(timeIntervalSince1970: 1_000_000)

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("stamps each line once, when its first byte comes")
    func stamps() {
        var view = TerminalView(start: start)
        view.timestamp = .sinceStart
        #expect(text(view.show(Array("on".utf8), at: start + 1)) == "[00:00:01.000] on")
        #expect(text(view.show(Array("e\r\n".utf8), at: start + 2)) == "e\r\n")
        #expect(
            text(view.show(Array("two\nthree".utf8), at: start + 3661.5)) == "[01:01:01.500] two\n[01:01:01.500] three")
    }

    @Test("tells the time since the line before")
    func delta() {
        var view = TerminalView(start: start)
        view.timestamp = .sinceLine
        #expect(text(view.show(Array("a\n".utf8), at: start + 5)) == "[00:00:05.000] a\n")
        #expect(text(view.show(Array("b\n".utf8), at: start + 7.25)) == "[00:00:02.250] b\n")
    }

    @Test("shows bytes in hexadecimal")
    func hexadecimal() {
        var view = TerminalView(start: start)
        view.isHex = true
        #expect(text(view.show([0x00, 0x41, 0xFF], at: start)) == "00 41 ff ")
    }

    @Test("sets its own lines apart")
    func notes() {
        var view = TerminalView(start: start)
        #expect(text(view.note("one", at: start)).hasPrefix("\r["))
        _ = view.show(Array("half".utf8), at: start)
        #expect(text(view.note("two", at: start)).hasPrefix("\r\n["))
    }

    @Test("leaves control characters and escape sequences out of a log")
    func stripping() {
        var stripper = ControlStripper()
        #expect(text(stripper.strip(Array("a\u{1B}[1;31mred\u{1B}[0m\r\n\u{7}b\u{1B}Mc\n".utf8))) == "ared\nbc\n")
        #expect(text(stripper.strip(Array("x\u{1B}".utf8)) + stripper.strip(Array("[2Jy".utf8))) == "xy")
    }
}

@Suite("Text for scripts")
struct ScriptTextTests {
    @Test("escapes are those of C")
    func escapes() {
        #expect(EscapedText(argument: #"AT\r\n\x1b\0\\é"#)?.bytes == Array("AT\r\n\u{1B}\0\\é".utf8))
        for wrong in [#"\"#, #"\q"#, #"\x1"#, #"\xzz"#] { #expect(EscapedText(argument: wrong) == nil, "\(wrong)") }
    }

    @Test("a pattern is looked for in all that came since the last match")
    func expected() throws {
        var stream = ExpectedStream()
        let version = try #require(ExpectedText(argument: #"v(\d+)\r"#))
        stream.append(Array("boot v1".utf8))
        #expect(stream.take(version) == nil)
        stream.append(Array("2\r\nnext".utf8))
        let taken = stream.take(version)
        let found = try #require(taken)
        #expect(found.matched == Array("v12\r".utf8))
        #expect(found.all == Array("boot v12\r".utf8))
        #expect(stream.take(version) == nil)
        #expect(stream.takeAll() == Array("\nnext".utf8))
        #expect(ExpectedText(argument: "(") == nil)
    }

    @Test("any byte can be looked for")
    func binary() throws {
        for byte in UInt8.min...255 {
            var stream = ExpectedStream()
            stream.append([1, byte, 2])
            let digits = String(byte, radix: 16)
            let pattern = try #require(ExpectedText(argument: #"\x{\#(digits)}\x02"#))
            #expect(stream.take(pattern)?.all == [1, byte, 2])
        }
    }

    @Test("durations and lists are written as people write them")
    func quantities() {
        #expect(TimeSpan(argument: "90")?.seconds == 90)
        #expect(TimeSpan(argument: "1.5m")?.seconds == 90)
        #expect(TimeSpan(argument: "8h")?.seconds == 28800)
        #expect(TimeSpan(argument: "2d")?.seconds == 172_800)
        for wrong in ["", "h", "0", "-1", "1w", "1e3"] { #expect(TimeSpan(argument: wrong) == nil, "\(wrong)") }
        #expect(AmountList(argument: "64..1Ki")?.values == [64, 128, 256, 512, 1024])
        #expect(AmountList(argument: "1M,3..20,7")?.values == [1_000_000, 3, 6, 12, 20, 7])
        for wrong in ["", ",", "1,", "0", "4..2", "1.5", "a..b"] {
            #expect(AmountList(argument: wrong) == nil, "\(wrong)")
        }
    }
}
