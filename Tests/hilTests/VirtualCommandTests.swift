import Foundation
import Testing
import VirtualHardware

@Suite("hil virtual ft232h", .timeLimit(.minutes(30)))
struct VirtualCommandTests {
    /// The command, and the port that it says it listens on.
    private func start(_ arguments: [String]) throws -> (process: Process, port: UInt16, output: Pipe) {
        let output = Pipe()
        let process = try Hil.start(["virtual", "ft232h", "--usbip", "127.0.0.1:0"] + arguments, output: output)
        var text = ""
        while !text.contains("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { break }
            text += String(decoding: data, as: UTF8.self)
        }
        let line = text.prefix { $0 != "\n" }
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        return (process, port, output)
    }

    private func connected(_ port: UInt16) throws -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &place) {
            connect(client, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        try #require(result == 0)
        return client
    }

    private func receive(_ client: Int32, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let step = recv(client, buffer.baseAddress! + done, count - done, 0)
                guard step > 0 else { return }
                done += step
            }
        }
    }

    /// One transfer, and what it brings.
    private func transfer(
        _ client: Int32, _ sequence: UInt8, isIn: Bool, endpoint: UInt8, length: Int = 0, setup: [UInt8]? = nil,
        data: [UInt8] = []
    ) -> [UInt8] {
        let count = isIn ? length : data.count
        let header: [UInt8] =
            [0, 0, 0, 1, 0, 0, 0, sequence, 0, 1, 0, 2, 0, 0, 0, isIn ? 1 : 0, 0, 0, 0, endpoint, 0, 0, 0, 0]
            + [0, 0, UInt8(count >> 8), UInt8(count & 0xFF)] + [UInt8](repeating: 0, count: 12)
            + (setup ?? [UInt8](repeating: 0, count: 8))
        let message = header + data
        #expect(send(client, message, message.count, 0) == message.count)
        let answer = receive(client, 48)
        guard answer.count == 48, isIn else { return [] }
        return receive(client, Int(answer[26]) << 8 | Int(answer[27]))
    }

    @Test("serves a flash, whose contents go back to its file")
    func flash() throws {
        let folder = try TemporaryFolder()
        let image = folder.url.appendingPathComponent("image.bin")
        try Data([1, 2, 3]).write(to: image)
        let (process, port, output) = try start(["--flash", image.path, "--serial", "FT7"])
        defer { process.terminate() }
        let client = try connected(port)
        defer { close(client) }
        let request: [UInt8] =
            [0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0] + Array("1-1".utf8) + [UInt8](repeating: 0, count: 29)
        #expect(send(client, request, request.count, 0) == request.count)
        #expect(receive(client, 320).prefix(8) == [0x01, 0x11, 0x00, 0x03, 0, 0, 0, 0])
        let serial = transfer(client, 1, isIn: true, endpoint: 0, length: 255, setup: [0x80, 6, 3, 3, 9, 4, 255, 0])
        #expect(serial == [8, 3] + "FT7".utf8.flatMap { [$0, 0] })
        _ = transfer(client, 2, isIn: false, endpoint: 0, setup: [0x40, 0x0B, 0x00, 0x02, 1, 0, 0, 0])
        // Write enable, page program of one byte at address 3, in mode 0.
        let (low, high): ([UInt8], [UInt8]) = ([0x80, 0x00, 0x0B], [0x80, 0x08, 0x0B])
        let program = high + low + [0x11, 0, 0, 0x06] + high + low + [0x11, 4, 0, 0x02, 0, 0, 3, 0x5A] + high
        _ = transfer(client, 3, isIn: false, endpoint: 2, data: program)
        usleep(5000)
        let read = low + [0x11, 3, 0, 0x03, 0, 0, 0, 0x20, 4, 0] + high + [0x87]
        _ = transfer(client, 4, isIn: false, endpoint: 2, data: read)
        var (bytes, sequence): ([UInt8], UInt8) = ([], 5)
        while bytes.count < 5 {
            bytes += transfer(client, sequence, isIn: true, endpoint: 1, length: 512).dropFirst(2)
            sequence += 1
        }
        #expect(bytes == [1, 2, 3, 0x5A, 0xFF])

        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let saved = try Data(contentsOf: image)
        #expect(saved.count == 2 << 20 && Array(saved.prefix(5)) == [1, 2, 3, 0x5A, 0xFF])
        _ = output
    }

    @Test("makes an image that is missing, as a flash comes from the factory")
    func freshImage() throws {
        let folder = try TemporaryFolder()
        let image = folder.url.appendingPathComponent("new.bin")
        let (process, _, _) = try start(["--flash", image.path])
        defer { process.terminate() }
        #expect(try Data(contentsOf: image) == Data(repeating: 0xFF, count: 2 << 20))
    }

    @Test("refuses what it cannot use, and says why")
    func refusals() throws {
        for place in ["nowhere", "127.0.0.1", "127.0.0.1:x", ":3240", "127.0.0.1:70000", "300.0.0.1:0"] {
            #expect(try Hil.run("virtual", "ft232h", "--usbip", place).status == 2)
        }
        let folder = try TemporaryFolder()
        let outcome = try Hil.run("virtual", "ft232h", "--usbip", "127.0.0.1:0", "--flash", folder.url.path)
        #expect(outcome.status == 2 && outcome.errors.contains(folder.url.path))
        let nowhere = folder.url.appendingPathComponent("missing/image.bin").path
        let missing = try Hil.run("virtual", "ft232h", "--usbip", "127.0.0.1:0", "--flash", nowhere)
        #expect(missing.status == 2 && missing.errors.contains("No such file or directory"))
        let (process, port, output) = try start([])
        defer { process.terminate() }
        #expect(try Hil.run("virtual", "ft232h", "--usbip", "127.0.0.1:\(port)").status == 5)
        _ = output
    }
}
