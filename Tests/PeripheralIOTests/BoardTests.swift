import Foundation
import Testing

@testable import PeripheralIO

@Suite("Board")
struct BoardTests {
    @Test("Without a file there are virtual devices")
    func builtIn() throws {
        #expect(Board.builtIn.peripherals.count == 8)
        #expect(try Board.builtIn.address(of: "/SPI2/").device == .virtualSPI)
        #expect(try Board.builtIn.address(of: "/SPI3/").device == .virtualFlash)
        #expect(try Board.builtIn.address(of: "/UART3/").device == .virtualUART)
        let port = try Peripheral("/UART0/", board: .builtIn)
        #expect(try port.write([1, 2]) == 2)
        #expect(try port.read(2) == [1, 2])
    }

    @Test("A name that the board does not have is missing, and it tells which it has")
    func unknown() {
        let error = #expect(throws: PeripheralError.self) { try Board.builtIn.address(of: "/I2C0/") }
        guard case .missing = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(error!)".contains("/SPI0/"))
    }

    @Test("What is no board path is an address")
    func addresses() throws {
        #expect(try Board.builtIn.address(of: "virtual://spi?mode=1").spi.mode == 1)
        #expect(try Board.builtIn.address(of: "/dev/ttyS0").device == .serial(path: "/dev/ttyS0"))
    }

    @Test("A file gives devices their names")
    func file() throws {
        try withFile("peripherals:\n  /SPI2/:  virtual://spi?speed=10M\n  /UART3/: /dev/ttyUSB0?baud=115200\n") {
            path in
            let board = try Board(file: path)
            #expect(try board.address(of: "/SPI2/").spi.speed == 10_000_000)
            #expect(try board.address(of: "/UART3/").serial.baudRate == 115_200)
        }
    }

    @Test(
        "A file that is none is told, with its name",
        arguments: [
            "", "peripherals:", "peripherals: [1, 2]", "devices:\n  /SPI2/: virtual://spi", "\t: {",
            "peripherals:\n  SPI2: virtual://spi", "peripherals:\n  /: virtual://spi",
            "peripherals:\n  //: virtual://spi", "peripherals:\n  /A/: virtual://spi\n  /A/: virtual://uart",
            "peripherals:\n  /A/: [virtual://spi]", "peripherals:\n  ? [a]\n  : virtual://spi", "\u{1}", "[", "*x",
        ])
    func badFile(text: String) throws {
        try withFile(text) { path in
            let error = #expect(throws: PeripheralError.self) { try Board(file: path) }
            guard case .badAddress(path, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(!"\(error!)".contains("\n"))
        }
    }

    @Test("Quotes, comments, aliases and other people's keys are YAML's")
    func fileInFull() throws {
        let text = """
            # the bench in the corner
            owner: {name: somebody, since: 2026}
            peripherals:
              "/SPI2/": &flash 'virtual://spi?speed=10M'   # slow cable
              /SPI3/: *flash
            """
        try withFile(text) { path in
            let device = "virtual://spi?speed=10M"
            let board = try Board(file: path)
            #expect(board.peripherals == ["/SPI2/": device, "/SPI3/": device])
        }
    }

    @Test("A device in a file that cannot be understood is told")
    func badDevice() throws {
        try withFile("peripherals:\n  /SPI2/: virtual://spi?speed=fast\n") { path in
            let error = #expect(throws: PeripheralError.self) { try Board(file: path) }
            #expect("\(error!)".contains("speed=fast"))
        }
    }

    @Test("A file that is not there is told")
    func noFile() {
        let error = #expect(throws: PeripheralError.self) { try Board(file: "/no/such/board.yaml") }
        #expect("\(error!)".contains("/no/such/board.yaml"))
    }

    // The environment and the working folder belong to the whole process: each of these runs in one of its own.

    @Test("HIL_BOARD names the file")
    func environment() async {
        await #expect(processExitsWith: .success) {
            try withFile("peripherals:\n  /BUS/: virtual://spi\n") { path in
                setenv("HIL_BOARD", path, 1)
                let port = try Peripheral("/BUS/")
                guard port.isSPI else { exit(EXIT_FAILURE) }
            }
        }
    }

    @Test("A bad file that HIL_BOARD names is an error, not another board")
    func badEnvironment() async {
        await #expect(processExitsWith: .success) {
            setenv("HIL_BOARD", "/no/such/board.yaml", 1)
            do {
                _ = try Peripheral("/SPI0/")
                exit(EXIT_FAILURE)
            } catch PeripheralError.badAddress("/no/such/board.yaml", _) {}
        }
    }

    @Test("Without HIL_BOARD it is board.yaml in the working folder, else the built-in board")
    func workingFolder() async {
        await #expect(processExitsWith: .success) {
            unsetenv("HIL_BOARD")
            let folder = FileManager.default.temporaryDirectory.appending(path: "hil-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            guard FileManager.default.changeCurrentDirectoryPath(folder.path()) else { exit(EXIT_FAILURE) }
            guard try Board.current() == .builtIn else { exit(EXIT_FAILURE) }
            try Data("peripherals:\n  /BUS/: virtual://uart\n".utf8).write(to: folder.appending(path: "board.yaml"))
            guard try Board.current().peripherals == ["/BUS/": "virtual://uart"] else { exit(EXIT_FAILURE) }
        }
    }
}

/// Calls `body` with the path of a file with this text.
private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "hil-\(UUID()).yaml")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path())
}
