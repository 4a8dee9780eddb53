import Foundation
import Testing
import VirtualHardware

@Suite("hil uart on a terminal", .serialized, .timeLimit(.minutes(30)))
struct UARTTerminalTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func file(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

    @Test("sends keys, shows what comes in, and quits with ctrl-t q")
    func types() throws {
        let terminal = try Tmux("'\(Hil.path)' uart virtual://uart")
        defer { terminal.end() }
        try terminal.wait(for: "Connected to virtual://uart, 3000000 baud, 8N1")
        try terminal.press("h", "e", "l", "l", "o")
        try terminal.wait(for: "hello")
        // Ctrl-c is for the far end.
        try terminal.press("C-c")
        try terminal.press("C-t", "C-t")
        try terminal.press("C-t", "s")
        try terminal.wait(for: "7 bytes sent, ")
        try terminal.press("C-t", "q")
        try terminal.wait(for: "[status 0]")
    }

    @Test("has tio's modes: local echo, time stamps, hexadecimal, upper case, and its list of keys")
    func modes() throws {
        let line = try #require(PtyPair())
        let terminal = try Tmux("'\(Hil.path)' uart \(line.path) -e -m OCRNL")
        defer { terminal.end() }
        try terminal.wait(for: "Connected")
        try terminal.press("a", "b", "Enter")
        #expect(line.read(3) == Array("ab\n".utf8))
        try terminal.wait(for: "ab")
        try terminal.press("C-t", "e")
        try terminal.wait(for: "Local echo off")
        try terminal.press("C-t", "U")
        try terminal.wait(for: "Upper case on")
        try terminal.press("x")
        #expect(line.read(1) == Array("X".utf8))
        try terminal.press("C-t", "t")
        try terminal.wait(for: "Time stamps on")
        line.write(Array("stamped\r\n".utf8))
        let screen = try terminal.wait(for: "stamped")
        #expect(screen.contains(try Regex(#"\[\d\d:\d\d:\d\d\.\d{3}\] stamped"#)))
        try terminal.press("C-t", "h")
        try terminal.wait(for: "Hexadecimal mode on")
        try terminal.press("f", "F", "0", "a")
        #expect(line.read(2) == [0xFF, 0x0A])
        line.write([0x00, 0xAB])
        try terminal.wait(for: "00 ab")
        try terminal.press("C-t", "?")
        try terminal.wait(for: "ctrl-t q       Quit")
        try terminal.press("C-t", "v")
        try terminal.wait(for: "hil 0.1.0", times: 2)
        try terminal.press("C-t", "!")
        try terminal.wait(for: "No such key")
    }

    @Test("shows and drives the lines of a port that has them, and sends a break")
    func lines() throws {
        let terminal = try Tmux("'\(Hil.path)' uart virtual://ft232h")
        defer { terminal.end() }
        try terminal.wait(for: "Connected")
        try terminal.press("C-t", "L")
        try terminal.wait(for: "DTR on, RTS on")
        try terminal.press("C-t", "g", "r")
        try terminal.wait(for: "RTS released")
        try terminal.press("C-t", "L")
        try terminal.wait(for: "DTR on, RTS off")
        try terminal.press("C-t", "p", "d")
        try terminal.wait(for: "DTR released")
        try terminal.wait(for: "DTR asserted")
        try terminal.press("C-t", "b")
        try terminal.wait(for: "Break sent")
        try terminal.press("C-t", "c")
        try terminal.wait(for: "115246 baud, 8N1", times: 2)
    }

    @Test("connects again when the port has gone and is back, and logs all of it")
    func reconnects() throws {
        // A name that stays, as those in /dev/serial/by-id do.
        let name = file("port")
        let first = try #require(PtyPair())
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: first.path)
        let terminal = try Tmux("'\(Hil.path)' uart \(name) --log-file \(file("log")) --log-strip")
        defer { terminal.end() }
        try terminal.wait(for: "Connected")
        first.write(Array("before\u{1B}[1m!\r\n".utf8))
        try terminal.wait(for: "before!")
        // The name first: another pty may soon have the port's.
        try FileManager.default.removeItem(atPath: name)
        first.hangUp()
        try terminal.wait(for: "Disconnected")
        try terminal.wait(for: "Waiting for")
        let second = try #require(PtyPair())
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: second.path)
        try terminal.wait(for: "Connected", times: 2)
        second.write(Array("after\r\n".utf8))
        try terminal.wait(for: "after")
        try terminal.press("z")
        #expect(second.read(1) == Array("z".utf8))
        try terminal.press("C-t", "f")
        try terminal.wait(for: "Logging off")
        second.write(Array("unlogged\r\n".utf8))
        try terminal.wait(for: "unlogged")
        try terminal.press("C-t", "q")
        try terminal.wait(for: "[status 0]")
        #expect(try String(contentsOfFile: file("log"), encoding: .utf8) == "before!\nafter\n")
    }

    @Test("waits for a port that is not there yet, unless told not to")
    func waits() throws {
        let name = file("port")
        let terminal = try Tmux("'\(Hil.path)' uart \(name)")
        defer { terminal.end() }
        try terminal.wait(for: "Waiting for \(name)")
        try terminal.press("C-t", "q")
        try terminal.wait(for: "[status 0]")
        let missing = try Tmux("'\(Hil.path)' uart -n \(name)")
        defer { missing.end() }
        try missing.wait(for: "[status 3]")
        let bus = try Tmux("'\(Hil.path)' uart virtual://spi")
        defer { bus.end() }
        try bus.wait(for: "[status 2]")
    }

    @Test("ends with 7 when the port is lost and it is not to reconnect, and gives the terminal back")
    func lost() throws {
        let line = try #require(PtyPair())
        let terminal = try Tmux("'\(Hil.path)' uart \(line.path) --no-reconnect; stty -a | grep -o ' icanon'; true")
        defer { terminal.end() }
        try terminal.wait(for: "Connected")
        line.hangUp()
        try terminal.wait(for: "device lost")
        try terminal.wait(for: "icanon")
    }
}
