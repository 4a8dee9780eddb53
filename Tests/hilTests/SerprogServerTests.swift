import Foundation
import Testing

@Suite("hil serprog", .timeLimit(.minutes(30)))
struct SerprogServerTests {
    /// The command, and the port that it says it listens on.
    private final class Server {
        let process: Process
        let port: UInt16
        private let output = Pipe()

        init(_ url: String, _ options: String...) throws {
            process = try Hil.start(["serprog", url, "--listen", "127.0.0.1:0"] + options, output: output)
            var text = ""
            while !text.contains("\n") {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
            }
            let place = text.split(separator: ",")[0].split(separator: ":").last
            port = try #require(place.flatMap { UInt16($0) })
        }

        func end() -> Int32 {
            process.waitUntilExit()
            return process.terminationStatus
        }

        deinit {
            process.terminate()
        }
    }

    /// A client that speaks the protocol by hand.
    private final class Client {
        private let socket: Int32

        init(_ port: UInt16) throws {
            socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = port.bigEndian
            place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let socket = socket
            let result = withUnsafeBytes(of: &place) {
                connect(socket, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
            try #require(result == 0)
        }

        func ask(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
            send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            return [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
                while done < count {
                    let step = recv(socket, buffer.baseAddress! + done, count - done, 0)
                    guard step > 0 else { return }
                    done += step
                }
            }
        }

        /// Asks who is there, which works if it is this client's turn.
        var isServed: Bool { ask([0x13, 1, 0, 0, 3, 0, 0, 0x9F], 4) == [6, 0xEF, 0x40, 0x15] }

        deinit {
            close(socket)
        }
    }

    private func flashrom(_ port: UInt16, _ arguments: String...) throws -> (status: Int32, text: String) {
        let process = Process()
        let path = try #require(
            ["/usr/sbin/flashrom", "/usr/bin/flashrom"].first { FileManager.default.isExecutableFile(atPath: $0) },
            "flashrom is missing: scripts/setup test installs it")
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-p", "serprog:ip=127.0.0.1:\(port)"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("flashrom identifies, writes, verifies, reads and erases the virtual flash")
    func flashrom() throws {
        let server = try Server("virtual://flash", "-s", "20M")
        let found = try flashrom(server.port)
        #expect(found.status == 0 && found.text.contains("W25Q16"), "\(found.text)")
        #expect(found.text.contains("\"hilbridge\""))

        let folder = try TemporaryFolder()
        // Most of it erased, so that it does not take the time that a flash takes to be programmed.
        var image = Data(repeating: 0xFF, count: 2 << 20)
        for start in [0, 0x1_2345, image.count - 600] {
            for place in start..<start + 600 { image[place] = UInt8(truncatingIfNeeded: place &* 31 >> 2) }
        }
        let path = try folder.write("image", image)
        let chip = ["-c", "W25Q16.V", "-N"]
        let written = try flashrom(server.port, chip[0], chip[1], "-w", path)
        #expect(written.status == 0 && written.text.contains("VERIFIED"), "\(written.text)")
        #expect(try flashrom(server.port, chip[0], chip[1], "-v", path).status == 0)

        let copy = folder.url.appendingPathComponent("copy")
        #expect(try flashrom(server.port, chip[0], chip[1], "-r", copy.path).status == 0)
        #expect(try Data(contentsOf: copy) == image)

        let erased = try flashrom(server.port, chip[0], chip[1], "-E")
        #expect(erased.status == 0, "\(erased.text)")
        #expect(try flashrom(server.port, chip[0], chip[1], "-r", copy.path).status == 0)
        #expect(try Data(contentsOf: copy) == Data(repeating: 0xFF, count: 2 << 20))
    }

    @Test("serves one client after another, whatever the one before did")
    func badClients() throws {
        let server = try Server("virtual://flash")
        // One that talks nonsense, and leaves in the middle of a request.
        var bad: Client? = try Client(server.port)
        #expect(bad!.ask([0xFF, 0x47, 0x45, 0x54], 4) == [0x15, 0x15, 0x15, 0x15])
        _ = bad!.ask([0x13, 0xFF, 0xFF, 0x0F, 1, 0, 0, 1, 2, 3], 0)
        bad = nil
        #expect(try Client(server.port).isServed)
        // One that asks for an hour's delay, and vanishes.
        bad = try Client(server.port)
        #expect(bad!.ask([0x0E, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], 1) == [6])
        bad = nil
        #expect(try Client(server.port).isServed)
        // Several that come at once wait for their turn.
        let (first, second) = (try Client(server.port), try Client(server.port))
        #expect(first.isServed)
        _ = consume first
        #expect(second.isServed)
    }

    @Test("a client that is silent or too slow loses its turn")
    func slowClients() throws {
        let server = try Server("virtual://flash", "--idle", "0.2")
        let silent = try Client(server.port)
        let slow = try Client(server.port)
        #expect(silent.ask([], 1).isEmpty)
        #expect(slow.ask([0x13, 1, 0], 1).isEmpty)
        #expect(try Client(server.port).isServed)
    }

    @Test("ends at Ctrl-C, after one client if asked, and when the device is lost")
    func ends() throws {
        let interrupted = try Server("virtual://flash")
        let client = try Client(interrupted.port)
        #expect(client.isServed)
        interrupted.process.interrupt()
        #expect(interrupted.end() == 0)

        let once = try Server("virtual://flash", "--once")
        #expect(try Client(once.port).isServed)
        #expect(once.end() == 0)

        let lost = try Server("virtual://spi?unplug=100")
        #expect(try Client(lost.port).ask([0x13, 200, 0, 0, 0, 0, 0] + Array(repeating: 0, count: 200), 1) == [0x15])
        #expect(lost.end() == 7)
    }

    @Test("with --reconnect, the device is the next client's once it is back")
    func reconnects() throws {
        let server = try Server("virtual://spi?unplug=100", "--reconnect")
        for _ in 0..<2 {
            // The answer is the first that a client sees of the loss, and the last.
            let request = [0x13, 200, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 200)
            #expect(try Client(server.port).ask(request, 2) == [0x15])
            #expect(try Client(server.port).ask([0x13, 1, 0, 0, 3, 0, 0, 0x9F], 4) == [6, 0xFF, 0xFF, 0xFF])
        }
        server.process.interrupt()
        #expect(server.end() == 0)
    }

    @Test(
        "refuses what it cannot use, and says why",
        arguments: [
            (["virtual://flash", "--listen", "nowhere"], 2, "IPv4 address and a port"),
            (["virtual://flash", "--listen", "127.0.0.1:70000"], 2, "IPv4 address and a port"),
            (["virtual://flash", "--listen", "203.0.113.1:0"], 2, "cannot listen"),
            (["virtual://uart"], 2, "takes an SPI controller"),
            (["virtual://flash", "--idle", "0"], 2, "--idle"),
            (["virtual://flash", "-m", "1"], 8, "modes 0 and 2 only"),
        ])
    func refused(arguments: [String], status: Int32, message: String) throws {
        let outcome = try Hil.run(["serprog"] + arguments)
        #expect(outcome.status == status && outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test("says when somebody else has the port")
    func busy() throws {
        let server = try Server("virtual://flash")
        #expect(try Hil.run("serprog", "virtual://flash", "--listen", "127.0.0.1:\(server.port)").status == 5)
    }
}
